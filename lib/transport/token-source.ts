import { Refusal } from '../decision/refusal.js';
import type { AuthRequest } from './auth-request.js';
import { isSafe, type Origins } from './origins.js';
import type { TokenLocation } from './token-location.js';

const HEADER = 'authorization';
/** RFC 9110 §11.1, §11.4: in any case, and one or more spaces behind it. A tab is no space. */
const SCHEME = /^bearer +/i;

/**
 * A request carries one token (RFC 6750 §2). A proxy may read two places, or two copies, in another order:
 * then it checks one token, and the application trusts the other.
 */
const SEVERAL = new Refusal('token_malformed', 'The request carries more than one access token.');
const MISSING = new Refusal('token_missing');

/** What one place holds. */
type Found = string | undefined | typeof SEVERAL;

/** Finds the access token of a request, where the options of an AuthModule look for it. */
export class TokenSource {
  constructor(
    private readonly from: TokenLocation,
    private readonly origins: Origins,
  ) {}

  /**
   * The token of a request, or why there is none.
   *
   * @throws CrossSiteRequestException (403) another site made the browser send it, with the token's cookie
   */
  tokenOf(request: AuthRequest): string | Refusal<'token_missing' | 'token_malformed'> {
    const token = extractToken(request, this.from);
    // Browsers add a cookie by themselves. No other site can make them add the header.
    if (this.from.cookie !== undefined && typeof token === 'string' && !isSafe(request)) {
      if (cameInCookie(request, this.from)) this.origins.require(request);
    }
    return token;
  }
}

/**
 * The token that a request carries, or why there is none.
 *
 * Takes time linear in the length of the header and decodes nothing. passport-jwt's own expression is
 * quadratic: 15,000 characters without a space cost it a third of a second.
 */
export function extractToken(
  request: AuthRequest,
  from: TokenLocation,
): string | Refusal<'token_missing' | 'token_malformed'> {
  let found = from.header === true ? fromHeader(request) : undefined;
  if (from.cookie !== undefined) found = onlyOne(found, fromCookie(request, from.cookie));
  if (from.query !== undefined) found = onlyOne(found, fromQuery(request, from.query));
  return found ?? MISSING;
}

/** Whether the token came in the cookie: then a new token must not go where scripts can read it. */
export function cameInCookie(request: AuthRequest, { cookie }: TokenLocation): boolean {
  return cookie !== undefined && fromCookie(request, cookie) !== undefined;
}

/** Whether the address holds a token, or anything in its place. */
export function cameInQuery(request: AuthRequest, { query }: TokenLocation): boolean {
  return query !== undefined && fromQuery(request, query) !== undefined;
}

/** The value of a cookie, as it stands: a token has no letter that a cookie must escape (RFC 6265 §4.1.1). */
export function fromCookie({ headers }: Pick<AuthRequest, 'headers'>, name: string): Found {
  const { cookie } = headers;
  const start = `${name}=`;
  if (typeof cookie !== 'string' || !cookie.includes(start)) return undefined;
  let found: Found;
  for (const pair of cookie.split(';')) {
    const at = afterSpaces(pair);
    if (pair.startsWith(start, at)) found = onlyOne(found, pair.slice(at + start.length));
  }
  return found;
}

function onlyOne(one: Found, other: Found): Found {
  if (one === undefined || other === undefined) return one ?? other;
  return SEVERAL;
}

function fromHeader(request: AuthRequest): Found {
  const { authorization } = request.headers;
  if (typeof authorization !== 'string') return undefined;
  if (isRepeated(request)) return SEVERAL;
  const scheme = SCHEME.exec(authorization);
  return scheme === null ? undefined : authorization.slice(scheme[0].length);
}

/** Node keeps the first of several headers and drops the others. The raw list has all of them. */
function isRepeated({ rawHeaders, raw }: AuthRequest): boolean {
  const sent = rawHeaders ?? raw?.rawHeaders ?? [];
  let count = 0;
  for (let index = 0; index < sent.length; index += 2) {
    const name = sent[index];
    if (name?.length === HEADER.length && name.toLowerCase() === HEADER) count += 1;
  }
  return count > 1;
}

/**
 * Where the name of a cookie begins: after spaces and tabs only, as in servers and browsers. `trim()` also
 * removes a no-break space. To a browser, a name that begins with one has no `__Host-` prefix to protect,
 * so a sibling domain could set it.
 */
function afterSpaces(pair: string): number {
  let at = 0;
  while (pair[at] === ' ' || pair[at] === '\t') at += 1;
  return at;
}

function fromQuery({ url = '' }: AuthRequest, name: string): Found {
  const at = url.indexOf('?');
  if (at < 0) return undefined;
  const [only, ...others] = new URLSearchParams(url.slice(at + 1)).getAll(name);
  return others.length === 0 ? only : SEVERAL;
}
