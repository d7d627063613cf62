import type { CookieOptions, TokenLocation } from '../tokens/jwt.options.js';
import type { CookieSettings, RefreshCookie } from './cookie-settings.types.js';
import type { Problems } from '../validation/problems.js';

/** RFC 6265 §4.1.1: a cookie's name is a token. */
export const COOKIE_NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
/** Only a host on TLS can set a cookie of such a name (RFC 6265bis §4.1.3). */
const PREFIXED = /^__(?:Secure|Host)-./;
const SAME_SITES = ['strict', 'lax', 'none'] as const;
const HOST_ONLY = '__Host-';

/** Validates how cookies carry tokens. */
export function cookieSettings(
  problems: Problems,
  given: CookieOptions | undefined,
  from: TokenLocation | undefined,
  hasSessions: boolean,
): CookieSettings {
  const access = from?.cookie;
  const options: CookieOptions = given ?? {};
  problems.unknown('cookies', options, ['refresh', 'refreshPath', 'sameSite', 'domain', 'origins']);
  const refresh = refreshCookie(problems, options, hasSessions);
  if (given !== undefined && access === undefined && options.refresh === undefined) {
    problems.add(
      "cookies: no cookie carries anything; give cookies.refresh, or jwt.from: { cookie: '__Host-access' }.",
    );
  }
  if (given !== undefined) checkAccess(problems, access);
  if (refresh !== undefined && refresh.name === access) {
    problems.add('cookies.refresh: it has the name of jwt.from.cookie; give it another one.');
  }
  const { sameSite = 'strict', domain, origins = [] } = options;
  if (!SAME_SITES.includes(sameSite)) {
    problems.add("cookies.sameSite: give 'strict', 'lax' or 'none'.");
  }
  if (domain !== undefined) checkDomain(problems, domain, [access, refresh?.name]);
  if (!Array.isArray(origins) || !origins.every(isOrigin)) {
    problems.add(
      "cookies.origins: give a list of origins, each a scheme and a host and no path, such as ['https://app.example.com'].",
    );
  }
  return { access, refresh, sameSite, domain, origins };
}

/** Where there are no `cookies`, the application may set one of its own, whose name is its affair. */
function checkAccess(problems: Problems, name: unknown): void {
  // What is no name at all is told with jwt.from.
  if (typeof name !== 'string' || !COOKIE_NAME.test(name) || PREFIXED.test(name)) return;
  problems.add(
    "jwt.from.cookie: with cookies, give a name that begins with __Secure- or __Host-, so that no page on plain HTTP can set it; such as '__Host-access'.",
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
        'cookies.refreshPath: it is of the cookie that cookies.refresh names; give both.',
      );
    }
    return undefined;
  }
  if (!hasSessions) {
    problems.add(
      'cookies.refresh: there are no refresh tokens without sessions; add sessions: {}.',
    );
  }
  const isName = typeof refresh === 'string' && COOKIE_NAME.test(refresh);
  if (!isName || !PREFIXED.test(refresh)) {
    problems.add(
      "cookies.refresh: give a name that begins with __Secure- or __Host-, so that no page on plain HTTP can set it; such as '__Secure-refresh'.",
    );
  } else if (refresh.startsWith(HOST_ONLY) && (refreshPath !== '/' || domain !== undefined)) {
    // RFC 6265bis §4.1.3.2; browsers drop one that is not so, without a word.
    problems.add(
      "cookies.refresh: a __Host- cookie is for every path and one host; add refreshPath: '/' and no domain, or name it __Secure-….",
    );
  }
  if (refreshPath !== undefined && !/^\/[\w.~!$&'()*+,:@%/-]*$/.test(refreshPath)) {
    problems.add(
      "cookies.refreshPath: give a path as browsers see it, such as '/api/auth/refresh'.",
    );
  }
  return { name: refresh, path: refreshPath };
}

function checkDomain(problems: Problems, domain: unknown, names: readonly unknown[]): void {
  if (typeof domain !== 'string' || !/^(?:[a-z0-9-]+\.)+[a-z0-9-]+$/i.test(domain)) {
    problems.add("cookies.domain: give a domain such as 'example.com', or leave it out.");
  }
  for (const name of names) {
    // What is no name at all was told.
    if (typeof name === 'string' && name.startsWith(HOST_ONLY)) {
      problems.add(`cookies.domain: the cookie ${name} is for one host; name it __Secure-….`);
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
