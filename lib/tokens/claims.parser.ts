import type { Claims } from '../decision/claims.js';
import { Refusal } from '../decision/refusal.js';
import { isStorable } from '../freshness/subject-codec.js';

/** `typ` of an access token, with and without the prefix that may be left out (RFC 9068 §2.1). */
const TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt'];

/**
 * How far ahead `iat` may be, at the least: it is of the database's clock, and is judged by this
 * process's. An expiry may be meant to the second; clocks of two machines never agree to it.
 */
const ISSUED_AHEAD_SECONDS = 30;

/** What a token may carry, beyond its signature. */
export interface ClaimRules {
  /** The name of the instance; a token of another one is nobody's here. */
  readonly realm: string;
  readonly toleranceSeconds: number;
}

/** Whether a header is that of an access token; jsonwebtoken lets any `typ` and any `crit` pass. */
export function isAccessTokenHeader(header: unknown): boolean {
  if (!isRecord(header) || !TYPES.includes(header['typ'])) return false;
  // RFC 7515 §4.1.11: extensions that are not understood make the token invalid; none are here.
  return !('crit' in header) && !('b64' in header);
}

/**
 * The claims of a token, or a refusal when they are not those of an access token of ours.
 *
 * jsonwebtoken checks `iss`, `aud` and, where present, `exp`; it accepts a token without `exp`, an
 * `iat` in the future and a `sub` of any type. All of that is refused here.
 */
export function parseClaims(
  payload: unknown,
  nowSeconds: number,
  rules: ClaimRules,
): Claims | Refusal<'token_invalid'> {
  const invalid = new Refusal('token_invalid');
  if (!isRecord(payload)) return invalid;
  // Two instances may be given one secret, issuer and audience. An id of the one's users is somebody
  // else's id in the other, so the name of the instance is in the token as well.
  if (payload['realm'] !== rules.realm) return invalid;
  const { sub, jti, sid, iat, exp, iat_ms, auth_time, roles, permissions, uid, pol } = payload;
  if (!isId(sub) || !isId(jti) || !isId(sid)) return invalid;
  if (!isTime(iat) || !isTime(exp) || !isTime(iat_ms) || !isTime(auth_time)) return invalid;
  if (exp <= iat || iat > nowSeconds + Math.max(rules.toleranceSeconds, ISSUED_AHEAD_SECONDS)) {
    return invalid;
  }
  if (!isNames(roles) || !isOptional(permissions, isNames)) return invalid;
  if (!isOptional(uid, isId) || !isOptional(pol, isId)) return invalid;
  return { ...payload, sub, jti, sid, iat, exp, iat_ms, auth_time, roles, permissions, uid, pol };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && isStorable(value);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || is(value);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
