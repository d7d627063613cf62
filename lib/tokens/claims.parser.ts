import type { Claims } from '../decision/claims.js';
import type { StampType } from '../decision/policy.js';
import { Refusal } from '../decision/refusal.js';
import { isStamp } from '../decision/stamps.js';
import type { Adoption } from './adoption.js';
import { isFor, isId, isTexts, isTime } from './claim-types.js';
import type { CustomClaims } from './custom-claims.js';
import { isRecord } from '../validation/records.js';

/**
 * How far ahead `iat` and `auth_time` may be, at the least: they are of the database's clock, and are
 * judged by this process's. An expiry may be meant to the second; clocks of two machines never agree to it.
 */
const ISSUED_AHEAD_SECONDS = 30;

/** One for all: nothing is to be made for what is refused. */
const INVALID = new Refusal('token_invalid');

/** What a token must carry, beyond its signature. */
export interface ClaimRules {
  readonly issuer: string;
  readonly audience: string;
  /** The realm of this AuthModule; a token of another realm is not accepted here. */
  readonly realm: string;
  readonly toleranceSeconds: number;
  /** The longest life that is accepted. */
  readonly longestLifeSeconds: number;
  /** Claims of the application's own. */
  readonly claims: CustomClaims | undefined;
  /** Tokens from before this library came. */
  readonly adoption?: Adoption | undefined;
  /** The name of the active policy set. */
  readonly policySet: string;
  /** The claims that its policies stamp, and of which type each is. */
  readonly stamps: readonly (readonly [name: string, type: StampType])[];
}

/** Whether a token must not have expired by this process's clock. */
export type Lifetime = 'checked' | 'ignored';

/**
 * The claims of a token, or a refusal when they are not those of an access token of ours.
 *
 * jsonwebtoken accepts a token without `exp`, an `iat` in the future, a `sub` of any type and a payload
 * that is a list. All of that is refused here. Members are copied by name, each once its type is
 * known; whatever else the payload holds, `__proto__` included, goes nowhere.
 *
 * @param kid the key that was found to have signed it
 */
export function parseClaims(
  payload: unknown,
  kid: string,
  nowSeconds: number,
  rules: ClaimRules,
  lifetime: Lifetime,
): Claims | Refusal<'token_invalid' | 'token_expired'> {
  if (!isRecord(payload)) return INVALID;
  if (payload['iss'] !== rules.issuer || !isFor(payload['aud'], rules.audience)) return INVALID;
  // Two instances may be given one secret, issuer and audience. An id of the one's users is somebody
  // else's id in the other, so the realm is in the token as well.
  if (payload['realm'] !== rules.realm) return INVALID;
  const { sub, jti, sid, iat, exp, nbf, iat_ms, auth_time, roles, permissions, uid, pol } = payload;
  if (!isId(sub) || !isId(jti) || !isId(sid) || !isId(pol)) return INVALID;
  if (!isTime(iat) || !isTime(exp) || !isTime(iat_ms) || !isTime(auth_time)) return INVALID;
  if (exp <= iat || exp - iat > rules.longestLifeSeconds) return INVALID;
  // One instant in two units: whoever compares the finer one must not be told another.
  if (Math.floor(iat_ms / 1000) !== iat) return INVALID;
  if (!isOptional(nbf, isTime)) return INVALID;
  if (!isTexts(roles) || !isOptional(permissions, isTexts)) return INVALID;
  if (!isOptional(uid, isId)) return INVALID;
  const custom = rules.claims?.within(payload);
  if (rules.claims !== undefined && custom === undefined) return INVALID;
  const claims: Record<string, unknown> & Claims = {
    ...custom,
    sub,
    jti,
    sid,
    iat,
    exp,
    nbf,
    iat_ms,
    auth_time,
    // Frozen, as the whole is below: one object may serve every request of a token.
    roles: Object.freeze(roles),
    permissions: permissions && Object.freeze(permissions),
    uid,
    kid,
    pol,
  };
  for (const [name, type] of rules.stamps) {
    const stamp = Object.hasOwn(payload, name) ? payload[name] : undefined;
    // A token of other rules, as in a rolling deploy, may lack a stamp: its policy says what that
    // means. One of these rules has all of them.
    if (stamp === undefined ? pol === rules.policySet : !isStamp(type, stamp)) return INVALID;
    claims[name] = stamp;
  }
  // Last, so that a token is called expired only if it was good.
  return untimely(claims, nowSeconds, rules, lifetime) ?? Object.freeze(claims);
}

/** Why claims are not good at this instant, by this process's clock; `undefined` when they are. */
export function untimely(
  { iat, auth_time, nbf, exp }: Claims,
  nowSeconds: number,
  { toleranceSeconds }: Pick<ClaimRules, 'toleranceSeconds'>,
  lifetime: Lifetime,
): Refusal<'token_invalid' | 'token_expired'> | undefined {
  const latest = nowSeconds + Math.max(toleranceSeconds, ISSUED_AHEAD_SECONDS);
  if (iat > latest || auth_time > latest) return INVALID;
  if (nbf !== undefined && nbf > nowSeconds + toleranceSeconds) return INVALID;
  return lifetime === 'checked' && nowSeconds >= exp + toleranceSeconds
    ? new Refusal('token_expired')
    : undefined;
}

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || is(value);
}
