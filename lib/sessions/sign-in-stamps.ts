import { createHmac } from 'node:crypto';
import type { AuthState, PresentState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { fingerprint } from '../decision/comparable.js';
import { decide, isPresent } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal, type DecisionCode } from '../decision/refusal.js';
import { stampsOn } from '../decision/stamps.js';
import type { CustomClaims, NamedClaims } from '../tokens/custom-claims.js';
import type { SessionRow } from './session-row.js';

/** What a sign-in was stamped with: the part of an access token's claims that policies compare. */
interface Stamped {
  readonly claims: Readonly<Record<string, unknown>>;
  /** Where keys are derived for each user, a digest of what they are derived from: there the signature is the policy. */
  readonly key?: string;
}

/** Keeps the stamps of a sign-in with its session, and decides on them later. */
export class SignInStamps {
  constructor(
    private readonly policies: readonly Policy[],
    /** Properties behind each user's own signing key. */
    private readonly deriveKeyFrom: readonly string[],
    private readonly realm: string,
    private readonly policySet: string,
    /** Claims of the application's own. */
    private readonly custom: CustomClaims | undefined,
  ) {}

  /**
   * The stamps of a sign-in on this state, as a text for the row.
   *
   * @param carried where the application's own claims are taken from
   */
  of(state: PresentState, carried: NamedClaims): string {
    const iat = Math.floor(state.now / 1000);
    const stamped: Stamped = {
      claims: {
        ...this.custom?.within(carried),
        ...stampsOn(this.policies, state),
        pol: this.policySet,
        iat,
        iat_ms: state.now,
        auth_time: iat,
      },
      ...this.key(state),
    };
    // ASCII, whatever character set the column has.
    return JSON.stringify(stamped).replaceAll(
      /[^\0-\x7f]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }

  /** What the session keeps, the application's own claims among it. */
  carried(row: SessionRow): NamedClaims {
    return stampedIn(row).claims;
  }

  /** When the user of the session proved who they are, in seconds. */
  authTime(row: SessionRow): number {
    return this.claims(row).auth_time;
  }

  /** The same decision as on a request, on what the sign-in was stamped with. */
  judge(row: SessionRow, state: AuthState): Refusal<DecisionCode> | undefined {
    const outcome = decide(this.policies, this.claims(row), state);
    if (outcome instanceof Refusal) return outcome;
    // The subject was given to another account; whoever writes that by hand may forget the session.
    if (outcome.userId !== row.userId) return new Refusal('account_deleted');
    return this.isKeyed(row, state) ? undefined : new Refusal('credentials_changed');
  }

  /**
   * The same, but for changed credentials: for a session whose user has just changed them, and in
   * the same transaction proves to be who they are.
   */
  judgeUnlessChanged(row: SessionRow, state: AuthState): Refusal<DecisionCode> | undefined {
    const tolerant = this.policies.map((policy): Policy => ({
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
    if (this.deriveKeyFrom.length === 0) return {};
    const key = createHmac('sha256', state.deployment.stampKey)
      .update('nestjs-revocable-jwt session key columns\0')
      .update(fingerprint(state.subject, this.deriveKeyFrom))
      .digest('base64url');
    return { key };
  }

  private claims(row: SessionRow): Claims {
    const { claims } = stampedIn(row);
    return {
      ...claims,
      realm: this.realm,
      sub: row.subject,
      sid: row.id,
      // No token of this id was ever made, so none is denied.
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
    throw new Error('The stamps of a session cannot be read.');
  }
  return { claims: { ...claims }, ...(typeof key === 'string' ? { key } : {}) };
}

/** A time that cannot be read is NaN, which every comparison refuses. */
function seconds(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}
