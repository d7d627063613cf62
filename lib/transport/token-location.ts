import type { Problems } from '../validation/problems.js';
import { isRecord } from '../validation/records.js';
import { isCookieName } from './cookie.settings.js';

/**
 * Where a request may carry its access token: in one or more places. Each request uses one of them. A
 * token in two places, or twice in one place, is refused.
 */
export interface TokenLocation {
  /** The `Authorization` header, with the scheme `Bearer` (RFC 6750 §2.1). */
  readonly header?: boolean;
  /**
   * The name of a cookie, such as `__Host-access`. With `cookies`, it must begin with `__Secure-` or `__Host-`. The
   * same is advised when the application sets the cookie itself, because a page on plain HTTP can set a
   * cookie of any other name. Only `__Host-` also keeps sibling hosts from setting it.
   */
  readonly cookie?: string;
  /**
   * The name of a query parameter, such as `access_token` (RFC 6750 §2.3). Only for clients that can send
   * nothing else: logs and histories keep addresses, and the token with them.
   */
  readonly query?: string;
}

/** The characters that need no escape in a query string (RFC 3986 §2.3). */
const PARAMETER_NAME = /^[\w.~-]+$/;

/** Validates `jwt.from`. Default: the `Authorization` header. */
export function tokenLocation(problems: Problems, from: TokenLocation | undefined): TokenLocation {
  if (from === undefined) return { header: true };
  if (!problems.requireGroup('jwt.from', from) || !isRecord(from)) return { header: true };
  problems.unknown<TokenLocation>('jwt.from', from, { header: true, cookie: true, query: true });
  const { header, cookie, query } = from;
  const isGood =
    (header === undefined || typeof header === 'boolean') &&
    (cookie === undefined || isCookieName(cookie)) &&
    (query === undefined || (typeof query === 'string' && PARAMETER_NAME.test(query))) &&
    (header === true || cookie !== undefined || query !== undefined);
  if (!isGood) {
    problems.add(
      "jwt.from: give one or more of header: true, cookie: '__Host-access', query: 'access_token'.",
    );
  }
  return from;
}
