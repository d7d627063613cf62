import { KeyRingError } from '../errors/auth.errors.js';
import { InvalidStampError, TokenTooLongError } from '../errors/sign-in.errors.js';
import { randomUUID } from 'node:crypto';
import type { PresentState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { decide } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal, type RefusalCode } from '../decision/refusal.js';
import { policyWithWrongStamps, stampsOn } from '../decision/stamps.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { NamedClaims } from './custom-claims.js';
import { derivedKey } from './keys/signature.js';
import type { KeyRing } from './keys/key-ring.js';
import { LONGEST_COOKIE, LONGEST_TOKEN } from './token-format.js';
import type { TokenSettings } from './token.settings.js';

/** An access token and what describes it. */
export interface IssuedToken {
  /** The token. Never log any part of it. */
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  /** Whole seconds that are left of its life when it is issued, never more than `expiresAt` gives. */
  readonly expiresIn: number;
  readonly expiresAt: Date;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly subject: string;
  /** With sessions: the token that `SessionService.refresh()` takes once. Never log any part of it. */
  readonly refreshToken?: string;
  /** With sessions: when the session ends if it is not refreshed. */
  readonly refreshExpiresAt?: Date;
}

/** The sign-in that a token belongs to. */
export interface SignInRef {
  readonly sid: string;
  /** When the user authenticated, in seconds; `undefined` for a sign-in that happens now. */
  readonly auth_time?: number;
  /** No token of the sign-in is valid beyond this instant, in seconds. */
  readonly until?: number | undefined;
  /** Whether the sign-in is part of a transaction that is still open. */
  readonly provisional?: boolean;
  /** Where the application's own claims are copied from. Other members are ignored. */
  readonly carried?: NamedClaims | undefined;
}

/**
 * Issues tokens. A token carries exactly the state that was decided on.
 *
 * The instant of issue is when that state was read, by the database's clock. It is not later than the
 * snapshot, so a cut-off that the read did not see lies after it.
 */
export class TokenIssuer {
  constructor(
    private readonly parts: {
      readonly ring: KeyRing;
      readonly settings: TokenSettings;
      readonly policies: readonly Policy[];
      readonly realm: string;
      /** The name of the policy set. A verifier with other policies can tell that others stamped the token. */
      readonly policySet: string;
      /** The name of the cookie that may carry the token; `undefined`: none may. */
      readonly cookie: string | undefined;
    },
  ) {}

  /** Decides on the claims and the state that go into the token. A refusal means that none is issued. */
  issue(state: PresentState, signIn: SignInRef): IssuedToken | Refusal<RefusalCode> {
    const { ring, settings, policies } = this.parts;
    const claims = this.claims(state, signIn);
    const refusal = this.refusal(claims, state);
    if (refusal !== undefined) return refusal;
    const wrong = policyWithWrongStamps(policies, claims);
    if (wrong !== undefined) {
      throw new InvalidStampError(
        `The policy "${wrong.name}" did not stamp what it declares, so the token would be refused everywhere. stamp() must return a value of the declared type for each name in \`stamps\`.`,
      );
    }
    const { deriveKeyFrom, issuer, audience } = settings;
    const key = ring.signer(state.deployment.withdrawnKeys);
    // It is temporary and not the caller's fault, so nobody is signed out for it.
    if (key === undefined) {
      throw new AuthUnavailableException(
        new KeyRingError(['Every key that can sign was withdrawn. Add a new key and reload.']),
      );
    }
    const derived =
      deriveKeyFrom.length === 0 ? undefined : derivedKey(key.verify, deriveKeyFrom, state.subject);
    const accessToken = key.signature.sign({ ...claims, iss: issuer, aud: audience }, derived);
    this.requireShort(accessToken);
    return {
      accessToken,
      tokenType: 'Bearer',
      expiresIn: secondsLeft(claims),
      expiresAt: new Date(claims.exp * 1000),
      sessionId: claims.sid,
      tokenId: claims.jti,
      subject: claims.sub,
    };
  }

  /** Why no token would be issued now; `undefined`: one would be. For a state that changes before the issue. */
  rehearse(state: PresentState, signIn: SignInRef): Refusal<RefusalCode> | undefined {
    return this.refusal(this.claims(state, signIn), state);
  }

  /** A new token for the same sign-in; `undefined` when the state refuses the old one. */
  renew(old: Claims, state: PresentState, until: number): IssuedToken | undefined {
    if (decide(this.parts.policies, old, state) instanceof Refusal) return undefined;
    const issued = this.issue(state, {
      sid: old.sid,
      auth_time: old.auth_time,
      until,
      carried: old,
    });
    return issued instanceof Refusal ? undefined : issued;
  }

  /** A longer token would sign the user out at once, and nobody would see why. */
  private requireShort(token: string): void {
    const { cookie } = this.parts;
    const remedy =
      'the account has too many roles or permissions. Give it fewer, or let roles imply them';
    if (token.length > LONGEST_TOKEN) {
      throw new TokenTooLongError(
        `The token has more than ${LONGEST_TOKEN} characters, so it would be refused everywhere: ${remedy}.`,
      );
    }
    if (cookie !== undefined && cookie.length + token.length > LONGEST_COOKIE) {
      throw new TokenTooLongError(
        `The token has ${token.length} characters. With the name ${cookie} its cookie has more than ${LONGEST_COOKIE} bytes, which browsers drop silently: ${remedy}, or carry tokens in the header and no cookie (jwt.from).`,
      );
    }
  }

  private refusal(claims: Claims, state: PresentState): Refusal<RefusalCode> | undefined {
    const outcome = decide(this.parts.policies, claims, state);
    if (outcome instanceof Refusal) return outcome;
    // The state ends within this second: the token would expire when it is issued.
    return claims.exp <= claims.iat ? new Refusal('account_disabled') : undefined;
  }

  private claims(state: PresentState, signIn: SignInRef): Claims {
    const { sid, auth_time, until, carried = {}, provisional } = signIn;
    const { settings, policies, realm, policySet } = this.parts;
    const iat = Math.floor(state.now / 1000);
    const ends = policies.flatMap((policy) => policy.goodUntil?.(state) ?? []);
    const exp = Math.min(
      iat + settings.lifeSeconds,
      until ?? Infinity,
      ...ends.map((end) => Math.floor(end / 1000)),
    );
    const { id, subject, roles, permissions } = state.subject;
    return {
      // First, so that they cannot replace another claim even if a name were the same.
      ...settings.claims?.within(carried),
      ...stampsOn(policies, state),
      realm,
      pol: policySet,
      ...(provisional === true ? { provisional } : {}),
      sub: subject,
      // The rest of a principal, for a process that decides without reading.
      ...(id === subject ? {} : { uid: id }),
      ...(permissions.length === 0 ? {} : { permissions }),
      client_id: settings.clientId,
      jti: randomUUID(),
      sid,
      iat,
      exp,
      iat_ms: state.now,
      // Never after the issue, even if this clock is behind that of the sign-in: such a token would be refused
      // here. The earlier time is the stricter one.
      auth_time: Math.min(auth_time ?? iat, iat),
      roles,
    };
  }
}

/** By the later of two clocks: the database's, which dates the token, and this process's, which ends it. */
function secondsLeft({ exp, iat_ms }: Claims): number {
  return Math.max(0, Math.floor(exp - Math.max(iat_ms, Date.now()) / 1000));
}
