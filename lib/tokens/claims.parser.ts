import { ISSUED_AHEAD_SECONDS } from '../decision/time-margins.js';
import type { Claims } from '../decision/claims.js';
import type { StampType } from '../decision/policy.js';
import { Refusal } from '../decision/refusal.js';
import { isStamp } from '../decision/stamps.js';
import { isRecord } from '../validation/records.js';
import { isClientId, isFor, isId, isTexts, isTime } from './token-format.js';
import type { TokenSettings } from './token.settings.js';

/** Shared, so that a refusal allocates nothing. */
const INVALID = new Refusal('token_invalid');

/** What a token must carry besides a good signature. */
export interface ClaimRules extends Pick<
  TokenSettings,
  'issuer' | 'audience' | 'toleranceSeconds' | 'longestLifeSeconds' | 'claims' | 'adoption'
> {
  /** The realm of this AuthModule. Tokens of other realms are refused. */
  readonly realm: string;
  readonly policySet: string;
  /** The claims that the policies stamp, with the type of each. */
  readonly stamps: readonly (readonly [name: string, type: StampType])[];
}

/** Whether an expired token is refused. */
export type Lifetime = 'checked' | 'ignored';

/**
 * The claims in a payload, or a refusal when they are not those of this realm's access tokens.
 *
 * jsonwebtoken accepts a token without `exp`, an `iat` in the future, a `sub` of any type and a payload
 * that is a list. All of that is refused here. Members are copied by name once their type is known.
 * Everything else in the payload, `__proto__` included, is dropped.
 *
 * @param kid the key that signed the token
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
  // Two realms may share a secret, an issuer and an audience, while one id means different users in each. So
  // the token also names its realm.
  if (payload['realm'] !== rules.realm) return INVALID;
  const { sub, jti, sid, iat, exp, nbf, iat_ms, auth_time, roles, permissions, uid, pol } = payload;
  const { client_id, provisional } = payload;
  if (!isId(sub) || !isId(jti) || !isId(sid) || !isId(pol)) return INVALID;
  if (!isTime(iat) || !isTime(exp) || !isTime(iat_ms) || !isTime(auth_time)) return INVALID;
  if (exp <= iat || exp - iat > rules.longestLifeSeconds) return INVALID;
  // One instant in two units. They must agree, because policies compare the finer one.
  if (Math.floor(iat_ms / 1000) !== iat) return INVALID;
  if (!isOptional(nbf, isTime)) return INVALID;
  if (!isTexts(roles) || !isOptional(permissions, isTexts)) return INVALID;
  if (!isOptional(uid, isId) || !isOptional(provisional, isTrue)) return INVALID;
  // Only its form is checked: a deployment may rename its client without signing anybody out.
  if (!isOptional(client_id, isClientId)) return INVALID;
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
    // Frozen, like the claims as a whole: one object serves every request with this token.
    roles: Object.freeze(roles),
    permissions: permissions && Object.freeze(permissions),
    uid,
    client_id,
    kid,
    pol,
    provisional,
  };
  for (const [name, type] of rules.stamps) {
    const stamp = Object.hasOwn(payload, name) ? payload[name] : undefined;
    // In a rolling deploy, a token of another policy set may lack a stamp; the policy decides what that
    // means. A token of this policy set has all of them.
    if (stamp === undefined ? pol === rules.policySet : !isStamp(type, stamp)) return INVALID;
    claims[name] = stamp;
  }
  // Last, so that only a good token is reported as expired.
  return untimely(claims, nowSeconds, rules, lifetime) ?? Object.freeze(claims);
}

/** Why claims do not hold at this instant of this process's clock; `undefined` when they hold. */
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

function isTrue(value: unknown): value is true {
  return value === true;
}
