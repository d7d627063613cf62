import { randomUUID } from 'node:crypto';
import type { PresentState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { decide } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal, type RefusalCode } from '../decision/refusal.js';
import { misstamping, stampsOn } from '../decision/stamps.js';
import { SignInError } from '../errors/auth.errors.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import { LONGEST } from './compact.js';
import type { NamedClaims } from './custom-claims.js';
import { derivedKey } from './derived-key.js';
import type { KeyRing } from './keys/key-ring.js';
import type { TokenSettings } from './token-settings.js';

/** An access token and what there is to know of it. */
export interface IssuedToken {
  /** The token; nothing of it may be logged. */
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds until it expires, as of its issue. */
  readonly expiresIn: number;
  readonly expiresAt: Date;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly subject: string;
  /** With sessions: the token that `SessionService.refresh()` takes, once. Nothing of it may be logged. */
  readonly refreshToken?: string;
  /** With sessions: when the session ends at the latest if it is not refreshed. */
  readonly refreshExpiresAt?: Date;
}

/** The sign-in that a token descends from. */
export interface SignInRef {
  readonly sid: string;
  /** When the user proved who they are; `undefined` for a sign-in that happens now. */
  readonly auth_time?: number;
  /** No token of the sign-in lives beyond this instant (seconds). */
  readonly until?: number | undefined;
  /** Where the application's own claims are taken from: whatever else stands there is left. */
  readonly carried?: NamedClaims | undefined;
}

/**
 * Makes tokens. The one rule: a token carries the state that was decided on, and no other.
 *
 * The instant of issue is the one at which the state was read, by the database's clock. It is not
 * later than the snapshot, so a cut-off that the read did not see lies after it.
 */
export class TokenIssuer {
  constructor(
    private readonly ring: KeyRing,
    private readonly settings: TokenSettings,
    private readonly policies: readonly Policy[],
    /** The realm of this AuthModule. */
    private readonly realm: string,
    /** The name of the policy set, so that who verifies can tell that other rules stamped the token. */
    private readonly policySet: string,
  ) {}

  /** Decides on the very claims and state that go into the token; refused means nothing is made. */
  issue(state: PresentState, signIn: SignInRef): IssuedToken | Refusal<RefusalCode> {
    const claims = this.claims(state, signIn);
    const refusal = this.refusal(claims, state);
    if (refusal !== undefined) return refusal;
    const wrong = misstamping(this.policies, claims);
    if (wrong !== undefined) {
      throw new SignInError(
        `The policy "${wrong.name}" did not stamp what it declares, so that nobody would take the token. Let stamp() give each name in \`stamps\` a value of its type.`,
        'invalid_stamp',
      );
    }
    const { deriveKeyFrom, issuer, audience } = this.settings;
    const key = this.ring.signer(state.deployment.withdrawnKeys);
    // Not the caller's fault, and over once there is a key: nobody is signed out for it.
    if (key === undefined) {
      throw new AuthUnavailableException(
        new Error('Every key that can sign was withdrawn; give a new one, and reload.'),
      );
    }
    const derived =
      deriveKeyFrom.length === 0 ? undefined : derivedKey(key.verify, deriveKeyFrom, state.subject);
    const accessToken = key.signature.sign({ ...claims, iss: issuer, aud: audience }, derived);
    if (accessToken.length > LONGEST) {
      throw new SignInError(
        `The token has more than ${LONGEST} characters, so that nobody would take it: the account has too many roles or permissions. Give it fewer, or let roles imply them.`,
        'token_too_long',
      );
    }
    return {
      accessToken,
      tokenType: 'Bearer',
      expiresIn: claims.exp - claims.iat,
      expiresAt: new Date(claims.exp * 1000),
      sessionId: claims.sid,
      tokenId: claims.jti,
      subject: claims.sub,
    };
  }

  /** Why nothing would be issued; for a state that will change before something is. */
  rehearse(state: PresentState, signIn: SignInRef): Refusal<RefusalCode> | undefined {
    return this.refusal(this.claims(state, signIn), state);
  }

  /** A token in place of another one of the same sign-in; nothing when the state refuses that one. */
  renew(old: Claims, state: PresentState, until: number): IssuedToken | undefined {
    if (decide(this.policies, old, state) instanceof Refusal) return undefined;
    const issued = this.issue(state, {
      sid: old.sid,
      auth_time: old.auth_time,
      until,
      carried: old,
    });
    return issued instanceof Refusal ? undefined : issued;
  }

  private refusal(claims: Claims, state: PresentState): Refusal<RefusalCode> | undefined {
    const outcome = decide(this.policies, claims, state);
    if (outcome instanceof Refusal) return outcome;
    // A state that ends within the second: the token would end before it begins.
    return claims.exp <= claims.iat ? new Refusal('account_disabled') : undefined;
  }

  private claims(state: PresentState, { sid, auth_time, until, carried = {} }: SignInRef): Claims {
    const iat = Math.floor(state.now / 1000);
    const ends = this.policies.flatMap((policy) => policy.goodUntil?.(state) ?? []);
    const exp = Math.min(
      iat + this.settings.lifeSeconds,
      until ?? Infinity,
      ...ends.map((end) => Math.floor(end / 1000)),
    );
    const { id, subject, roles, permissions } = state.subject;
    return {
      // First, so that they could not replace anything even if a name were the same.
      ...this.settings.claims?.within(carried),
      ...stampsOn(this.policies, state),
      realm: this.realm,
      pol: this.policySet,
      sub: subject,
      // What a principal is made of, for a process that need not read it again.
      ...(id === subject ? {} : { uid: id }),
      ...(permissions.length === 0 ? {} : { permissions }),
      jti: randomUUID(),
      sid,
      iat,
      exp,
      iat_ms: state.now,
      // A clock that is behind the one of the sign-in issues tokens that it takes itself: nobody signs in
      // after the token that says so. An earlier time is the stricter one.
      auth_time: Math.min(auth_time ?? iat, iat),
      roles,
    };
  }
}
