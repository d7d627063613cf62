import type { Problems } from '../validation/problems.js';
import { isRecord } from '../validation/records.js';
import { DOMAIN, type FormerPlace, HOST_ONLY, PATH } from './cookie-places.js';

/**
 * How cookies carry tokens. Each cookie is `HttpOnly` and `Secure`. A request that changes something and
 * carries one is refused when another site made the browser send it (403 `cross_site_request`).
 *
 * The cookie of the access token has its name from `jwt.from.cookie`, see {@link TokenLocation}.
 */
export interface CookieOptions {
  /**
   * The cookie that carries the refresh token to and from browsers, in place of the body: a name that begins with
   * `__Secure-` or `__Host-`, such as `'__Secure-refresh'`. Needs `sessions`. Default: bodies carry it.
   */
  readonly refresh?: string;
  /**
   * The path that browsers send it to, as browsers see it: that of the refresh and the logout route, or one above
   * both. Where the library serves them, `/refresh` at the end is left off. Default: `routes.path` below the
   * global prefix, such as `/auth`. A `__Host-` name needs `'/'`.
   */
  readonly refreshPath?: string;
  /** Default `'strict'`. `'none'` is for pages on another site, which `origins` must name. */
  readonly sameSite?: 'strict' | 'lax' | 'none';
  /** Shares the cookies with every host below a domain. Default: only the host that set them. */
  readonly domain?: string;
  /**
   * Keeps the cookies of a page that other sites embed apart for each of those sites (CHIPS). Needs
   * `sameSite: 'none'`. Default `false`.
   */
  readonly partitioned?: boolean;
  /**
   * Where browsers may still keep cookies that earlier options set: they are expired, as those are that the library
   * finds by itself. At most 8. Default: none.
   */
  readonly former?: readonly FormerCookie[];
  /** Origins on other hosts whose pages may use the cookies, such as `'https://app.example.com'`. Default: none. */
  readonly origins?: readonly string[];
}

/**
 * Attributes that the cookies had before.
 *
 * @example `{ domain: 'example.com', path: '/api/tokens' }`
 */
export interface FormerCookie {
  /** Default: none, only the host that set it. */
  readonly domain?: string;
  /** Default: the path that the cookie has now, and `'/'`. */
  readonly path?: string;
  /** Default `false`. */
  readonly partitioned?: boolean;
}

/** How cookies carry tokens; validated at boot. */
export interface CookieSettings extends Required<
  Pick<CookieOptions, 'sameSite' | 'partitioned' | 'origins'>
> {
  /** The name of the cookie with the access token, which is `jwt.from.cookie`; `undefined`: the header carries it. */
  readonly access: string | undefined;
  /** `undefined`: bodies carry refresh tokens. */
  readonly refresh: RefreshCookie | undefined;
  /** `undefined`: only for the host that set them. */
  readonly domain: string | undefined;
  /** Where browsers may still keep cookies of these names. */
  readonly former: readonly FormerPlace[];
}

interface RefreshCookie {
  readonly name: string;
  /** `undefined`: the path of the library's route, which is known once the application has started. */
  readonly path: string | undefined;
}

/** RFC 6265 §4.1.1: a cookie's name is a token. */
const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
/** Only a host on TLS can set a cookie of such a name (RFC 6265bis §4.1.3). */
const PREFIXED = /^__(?:Secure|Host)-./;
const SAME_SITES = ['strict', 'lax', 'none'] as const;
const MOST_FORMER = 8;

export function cookieSettings(
  problems: Problems,
  given: CookieOptions | undefined,
  access: string | undefined,
  hasSessions: boolean,
): CookieSettings {
  const options: CookieOptions = given ?? {};
  problems.unknown<CookieOptions>('cookies', options, {
    refresh: true,
    refreshPath: true,
    sameSite: true,
    domain: true,
    partitioned: true,
    former: true,
    origins: true,
  });
  const refresh = refreshCookie(problems, options, hasSessions);
  if (given !== undefined && access === undefined && options.refresh === undefined) {
    problems.add(
      "cookies: no cookie carries a token. Give cookies.refresh, or jwt.from: { cookie: '__Host-access' }.",
    );
  }
  if (given !== undefined) checkAccess(problems, access);
  if (refresh !== undefined && refresh.name === access) {
    problems.add('cookies.refresh: it has the name of jwt.from.cookie. Give it another one.');
  }
  const { sameSite = 'strict', domain, partitioned = false, former = [], origins = [] } = options;
  if (!SAME_SITES.includes(sameSite)) {
    problems.add("cookies.sameSite: give 'strict', 'lax' or 'none'.");
  }
  if (typeof partitioned !== 'boolean' || (partitioned && sameSite !== 'none')) {
    problems.add(
      "cookies.partitioned: true is for pages that other sites embed, to which browsers send only cookies with sameSite: 'none'. Add that, or leave partitioned out.",
    );
  }
  if (domain !== undefined) checkDomain(problems, domain, [access, refresh?.name]);
  if (!Array.isArray(origins) || !origins.every(isOrigin)) {
    problems.add(
      "cookies.origins: give a list of origins, each a scheme and a host without a path, such as ['https://app.example.com'].",
    );
  }
  return {
    access,
    refresh,
    sameSite,
    domain,
    partitioned,
    former: formerPlaces(problems, former),
    origins,
  };
}

function formerPlaces(problems: Problems, given: unknown): readonly FormerPlace[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [undefined];
  const places = list.flatMap((entry) => {
    if (!isRecord(entry)) return [];
    const { domain, path, partitioned = false, ...others } = entry;
    const isPlace =
      (domain === undefined || (typeof domain === 'string' && DOMAIN.test(domain))) &&
      (path === undefined || (typeof path === 'string' && PATH.test(path))) &&
      typeof partitioned === 'boolean' &&
      Object.keys(others).length === 0;
    return isPlace ? { domain, path, partitioned } : [];
  });
  if (places.length === list.length && list.length <= MOST_FORMER) return places;
  problems.add(
    `cookies.former: give a list of at most ${MOST_FORMER} places with domain, path or partitioned, such as [{ domain: 'example.com' }, { path: '/api' }].`,
  );
  return [];
}

/** Whether a browser keeps a cookie of this name. */
export function isCookieName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** Without `cookies`, the application may set the cookie itself and choose its name. */
function checkAccess(problems: Problems, name: unknown): void {
  // A value that is no name was reported with jwt.from.
  if (!isCookieName(name) || PREFIXED.test(name)) return;
  problems.add(
    "jwt.from.cookie: with cookies, give a name that begins with __Secure- or __Host-, so that no page on plain HTTP can set it, for example '__Host-access'.",
  );
}

function refreshCookie(
  problems: Problems,
  { refresh, refreshPath, domain }: CookieOptions,
  hasSessions: boolean,
): RefreshCookie | undefined {
  if (refresh === undefined) {
    if (refreshPath !== undefined) {
      problems.add(
        'cookies.refreshPath: it belongs to the cookie that cookies.refresh names. Give both.',
      );
    }
    return undefined;
  }
  if (!hasSessions) {
    problems.add(
      'cookies.refresh: there are no refresh tokens without sessions. Add sessions: {}.',
    );
  }
  if (!isCookieName(refresh) || !PREFIXED.test(refresh)) {
    problems.add(
      "cookies.refresh: give a name that begins with __Secure- or __Host-, so that no page on plain HTTP can set it, for example '__Secure-refresh'.",
    );
  } else if (refresh.startsWith(HOST_ONLY) && (refreshPath !== '/' || domain !== undefined)) {
    // RFC 6265bis §4.1.3.2: browsers drop any other silently.
    problems.add(
      "cookies.refresh: a __Host- cookie is for every path and one host. Add refreshPath: '/' and no domain, or name it __Secure-….",
    );
  }
  if (refreshPath !== undefined && !PATH.test(refreshPath)) {
    problems.add(
      "cookies.refreshPath: give a path as browsers see it, such as '/api/auth/refresh'.",
    );
  }
  return { name: refresh, path: refreshPath };
}

function checkDomain(problems: Problems, domain: unknown, names: readonly unknown[]): void {
  if (typeof domain !== 'string' || !DOMAIN.test(domain)) {
    problems.add("cookies.domain: give a domain such as 'example.com', or leave it out.");
  }
  for (const name of names) {
    // A value that is no name was reported.
    if (typeof name === 'string' && name.startsWith(HOST_ONLY)) {
      problems.add(`cookies.domain: the cookie ${name} is for one host. Name it __Secure-….`);
    }
  }
}

function isOrigin(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    // A wildcard would be taken for a host of that name.
    /^https?:[^*]+$/.test(value) &&
    URL.canParse(value) &&
    new URL(value).origin === value
  );
}
