import { AuthDatabaseError } from '../errors/database.errors.js';
import type { AuthState, PresentState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { fingerprint } from '../decision/comparable.js';
import { decide, isPresent } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal, type DecisionCode } from '../decision/refusal.js';
import { stampsOn } from '../decision/stamps.js';
import type { CustomClaims, NamedClaims } from '../tokens/custom-claims.js';
import type { SessionRow } from './session-row.js';

/** The stamps of a sign-in: those claims of an access token that policies compare. */
interface Stamped {
  readonly claims: Readonly<Record<string, unknown>>;
  /**
   * With derived keys, a digest of the columns that the user's key is derived from. There the signature of an access
   * token refuses changed columns, and a session has no signature.
   */
  readonly key?: string;
}

/** Keeps the stamps of a sign-in with its session, and decides on them later. */
export class SignInStamps {
  constructor(
    private readonly parts: {
      readonly realm: string;
      readonly policies: readonly Policy[];
      readonly policySet: string;
      /** The properties behind each user's signing key; empty: one key for all. */
      readonly deriveKeyFrom: readonly string[];
      /** The application's own claims. */
      readonly custom: CustomClaims | undefined;
    },
  ) {}

  /**
   * The stamps of a sign-in on this state, as the row stores them.
   *
   * @param carried has the application's own claims
   */
  of(state: PresentState, carried: NamedClaims): string {
    const { policies, policySet, custom } = this.parts;
    const iat = Math.floor(state.now / 1000);
    const stamped: Stamped = {
      claims: {
        ...custom?.within(carried),
        ...stampsOn(policies, state),
        pol: policySet,
        iat,
        iat_ms: state.now,
        auth_time: iat,
      },
      ...this.key(state),
    };
    // As ASCII, because the column may have any character set.
    return JSON.stringify(stamped).replaceAll(
      /[^\0-\x7f]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }

  /** The claims that the session keeps; the application's own are among them. */
  carried(row: SessionRow): NamedClaims {
    return stampedIn(row).claims;
  }

  /** When the user proved who they are, in seconds. */
  authTime(row: SessionRow): number {
    return this.claims(row).auth_time;
  }

  /** The decision of a request, on the stamps of the sign-in. */
  judge(row: SessionRow, state: AuthState): Refusal<DecisionCode> | undefined {
    const outcome = decide(this.parts.policies, this.claims(row), state);
    if (outcome instanceof Refusal) return outcome;
    // Another account has the subject now: somebody changed it with SQL and left the session.
    if (outcome.userId !== row.userId) return new Refusal('account_deleted');
    return this.isKeyed(row, state) ? undefined : new Refusal('credentials_changed');
  }

  /**
   * The same decision, except that changed credentials are accepted: the user has changed them in this
   * transaction, and has proved who they are.
   */
  judgeUnlessChanged(row: SessionRow, state: AuthState): Refusal<DecisionCode> | undefined {
    const tolerant = this.parts.policies.map((policy): Policy => ({
      name: policy.name,
      judge: (claims, present) => {
        const refusal = policy.judge(claims, present);
        return refusal?.code === 'credentials_changed' ? undefined : refusal;
      },
    }));
    const outcome = decide(tolerant, this.claims(row), state);
    return outcome instanceof Refusal ? outcome : undefined;
  }

  private isKeyed(row: SessionRow, state: AuthState): boolean {
    return isPresent(state) && stampedIn(row).key === this.key(state).key;
  }

  private key(state: PresentState): { readonly key?: string } {
    const { deriveKeyFrom } = this.parts;
    if (deriveKeyFrom.length === 0) return {};
    const digest = state.deployment.key.digest(
      'nestjs-revocable-jwt session key columns\0',
      fingerprint(state.subject, deriveKeyFrom),
    );
    return { key: digest.toString('base64url') };
  }

  private claims(row: SessionRow): Claims {
    const { claims } = stampedIn(row);
    return {
      ...claims,
      realm: this.parts.realm,
      sub: row.subject,
      sid: row.id,
      // No token has this id, so no denial matches it.
      jti: row.id,
      iat: seconds(claims['iat']),
      iat_ms: seconds(claims['iat_ms']),
      auth_time: seconds(claims['auth_time']),
      exp: Math.floor(row.expiresAt / 1000),
      roles: [],
    };
  }
}

function stampedIn({ stamps }: SessionRow): Stamped {
  const parsed: unknown = JSON.parse(stamps);
  const claims: unknown = Object(parsed).claims;
  const key: unknown = Object(parsed).key;
  if (typeof claims !== 'object' || claims === null) {
    throw new AuthDatabaseError('unreadable', 'The stamps of a session cannot be read.');
  }
  return { claims: { ...claims }, ...(typeof key === 'string' ? { key } : {}) };
}

/** An unreadable time is NaN, which fails every comparison. */
function seconds(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}
