import type { Problems } from '../validation/problems.js';
import { isCookieName } from './cookie.settings.js';

/**
 * Where a request may carry its access token: in one or more places. Each request uses one of them. A
 * token in two places is refused, and so are two headers or parameters of one name. If there are up to four cookies of
 * one name, the good one counts: a browser may keep another from before `cookies` changed.
 */
export interface TokenLocation {
  /**
   * `true`: the `Authorization` header, with the scheme `Bearer` (RFC 6750 §2.1). Or the name of another header, such
   * as `'X-Access-Token'`, if a proxy uses `Authorization` itself. That header holds the token, with or without the
   * scheme, and `Authorization` is ignored.
   */
  readonly header?: boolean | string;
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

/** RFC 9110 §5.1: a header's name is a token. */
const HEADER_NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
/** They mean something else to Node, to browsers or to proxies. */
const OTHER_HEADERS = new Set(
  'cookie set-cookie host origin referer connection content-length content-type transfer-encoding upgrade via te'.split(
    ' ',
  ),
);
/** The characters that need no escape in a query string (RFC 3986 §2.3). */
const PARAMETER_NAME = /^[\w.~-]+$/;

/** Validates `jwt.from`. Default: the `Authorization` header. */
export function tokenLocation(problems: Problems, from: TokenLocation | undefined): TokenLocation {
  if (from === undefined || !problems.requireGroup('jwt.from', from)) return { header: true };
  problems.unknown<TokenLocation>('jwt.from', from, { header: true, cookie: true, query: true });
  const { header, cookie, query } = from;
  const isGood =
    (header === undefined || typeof header === 'boolean' || isHeaderName(header)) &&
    (cookie === undefined || isCookieName(cookie)) &&
    (query === undefined || (typeof query === 'string' && PARAMETER_NAME.test(query))) &&
    (header === true || isHeaderName(header) || cookie !== undefined || query !== undefined);
  if (!isGood) {
    problems.add(
      "jwt.from: give one or more of header: true, header: 'X-Access-Token', cookie: '__Host-access', query: 'access_token'.",
    );
  }
  if (typeof header !== 'string') return from;
  // Node gives the names of headers in lower case.
  const name = header.toLowerCase();
  return { ...from, header: name === 'authorization' ? true : name };
}

/** Whether tokens travel in bodies too: with a header, not every client is a browser. */
export function allowsBodies({ header }: TokenLocation): boolean {
  return header !== undefined && header !== false;
}

function isHeaderName(value: unknown): value is string {
  return (
    typeof value === 'string' && HEADER_NAME.test(value) && !OTHER_HEADERS.has(value.toLowerCase())
  );
}
