import type {
  AuthState,
  Denial,
  DeploymentState,
  PresentState,
} from '../../lib/decision/auth-state.js';
import type { Claims } from '../../lib/decision/claims.js';
import { decide } from '../../lib/decision/decide.js';
import type { Policy, PolicyFactory, UserColumns } from '../../lib/decision/policy.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { deploymentKey } from '../../lib/log/deployment-row.js';

/** An instant to count from, in milliseconds. */
export const NOON = Date.UTC(2026, 0, 15, 12);

/** A user entity on which every column is mapped. */
export const USER: UserColumns = {
  id: 'id',
  subject: 'subject',
  status: 'status',
  activeStatuses: ['active'],
  suspendedStatuses: ['suspended'],
  suspendedUntil: 'suspendedUntil',
  validUntil: 'validUntil',
  deletedAt: 'deletedAt',
  tokenVersion: 'tokenVersion',
  latestSignIn: 'latestSignIn',
  createdAt: 'createdAt',
};

/** A user entity on which nothing but the id is mapped. */
export const BARE: UserColumns = {
  id: 'id',
  subject: 'id',
  activeStatuses: ['active'],
  suspendedStatuses: [],
};

/** Alice's row, in good standing. */
export const ALICE: Readonly<Record<string, unknown>> = {
  status: 'active',
  suspendedUntil: null,
  validUntil: null,
  deletedAt: null,
  tokenVersion: 3,
  latestSignIn: String(NOON - 60_000),
  createdAt: new Date(NOON - 86_400_000),
  passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
  passwordChangedAt: new Date(NOON - 9 * 3_600_000),
  email: 'alice@example.com',
  updatedAt: new Date(NOON - 3_600_000),
};

interface Changes {
  readonly columns?: Readonly<Record<string, unknown>>;
  readonly denials?: readonly Denial[];
  readonly deployment?: Partial<DeploymentState>;
  readonly now?: number;
  readonly subject?: string;
}

/** The state of Alice's account, with changes to it. */
export function stateWith({ columns, denials, deployment, now, subject }: Changes = {}) {
  return {
    now: now ?? NOON,
    subject: {
      id: '7',
      subject: subject ?? 'alice',
      columns: { ...ALICE, ...columns },
      roles: ['user'],
      permissions: [],
    },
    denials: denials ?? [],
    deployment: {
      generation: 'gen-1',
      issuedBefore: 0,
      key: deploymentKey('stamp-key'),
      withdrawnKeys: new Set<string>(),
      ...deployment,
    },
  } satisfies PresentState;
}

/** A policy for a user entity, by default one on which every column is mapped. */
export function made(factory: PolicyFactory, user: UserColumns = USER): Policy {
  return factory(user);
}

/** The claims of a token issued on a state. */
export function tokenOn(state: PresentState, policies: readonly Policy[] = []): Claims {
  const iat = Math.floor(state.now / 1000);
  return {
    ...Object.assign({}, ...policies.map((policy) => policy.stamp?.(state))),
    sub: state.subject.subject,
    jti: 'token-1',
    sid: 'session-1',
    iat,
    exp: iat + 900,
    iat_ms: state.now,
    auth_time: iat,
    roles: state.subject.roles,
  };
}

/** `'accepted'`, or the code of the refusal. */
export function verdict(policies: readonly Policy[], claims: Claims, state: AuthState): string {
  const outcome = decide(policies, claims, state);
  return outcome instanceof Refusal ? outcome.code : 'accepted';
}

/** What one policy says of a token issued on `before`, once the state is `after`. */
export function verdictAfter(policy: Policy, before: PresentState, after: AuthState): string {
  return verdict([policy], tokenOn(before, [policy]), after);
}

/** What one policy says of a token whose stamps were replaced. */
export function verdictOnStamp(
  policy: Policy,
  stamps: Readonly<Record<string, unknown>>,
  state: PresentState = stateWith(),
): string {
  return verdict([policy], { ...tokenOn(state, [policy]), ...stamps }, state);
}

/** What a stamp must not be: missing, empty, or of another type than the one that was issued. */
export const FORGED_STAMPS: readonly unknown[] = [
  undefined,
  null,
  '',
  0,
  NaN,
  true,
  false,
  [],
  {},
  'something else',
];
