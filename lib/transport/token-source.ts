import { Refusal } from '../decision/refusal.js';
import type { AuthRequest } from './auth-request.js';
import { isSafe, type Origins } from './origins.js';
import { cookiesNamed, MOST_COOKIES } from './request-cookies.js';
import type { TokenLocation } from './token-location.settings.js';

const AUTHORIZATION = 'authorization';
const SCHEME = 'bearer ';

/**
 * A request carries one token (RFC 6750 §2). A proxy may read two places, or two copies, in another order. Then it
 * checks one token, and the application trusts the other.
 */
const SEVERAL = new Refusal('token_malformed', 'The request carries more than one access token.');
const MISSING = new Refusal('token_missing');

/** What one place holds. A list: cookies of one name, because a browser may keep one from earlier options. */
type Found = string | readonly string[] | undefined | typeof SEVERAL;

/** The token of a request, or several of which one may be good, or why there is none. */
export type ExtractedToken =
  string | readonly string[] | Refusal<'token_missing' | 'token_malformed'>;

/** Finds the access token of a request, where the options of an AuthModule look for it. */
export class TokenSource {
  constructor(
    private readonly from: TokenLocation,
    private readonly origins: Origins,
  ) {}

  /**
   * The token of a request, or why there is none.
   *
   * @throws CrossSiteRequestException (403) another site made the browser send the request, with the token's cookie
   */
  tokenOf(request: AuthRequest): ExtractedToken {
    const token = extractToken(request, this.from);
    // Browsers add a cookie by themselves. No other site can make them add the header.
    if (this.from.cookie !== undefined && !(token instanceof Refusal) && !isSafe(request)) {
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
export function extractToken(request: AuthRequest, from: TokenLocation): ExtractedToken {
  let found = fromHeader(request, from.header);
  if (from.cookie !== undefined) found = onlyOne(found, fromCookie(request, from.cookie));
  if (from.query !== undefined) found = onlyOne(found, fromQuery(request, from.query));
  return found ?? MISSING;
}

/** Whether the token came in the cookie: then a new token must not go where scripts can read it. */
export function cameInCookie(request: AuthRequest, { cookie }: TokenLocation): boolean {
  return cookie !== undefined && cookiesNamed(request, cookie).length > 0;
}

/** Whether the token came in a header, which no other site can make a browser add. */
export function cameInHeader(request: AuthRequest, { header }: TokenLocation): boolean {
  return fromHeader(request, header) !== undefined;
}

/** Whether a token came where caches do not look for it: in the address, or in a header of its own. */
export function isHiddenFromCaches(
  request: AuthRequest,
  { header, query }: TokenLocation,
): boolean {
  if (typeof header === 'string' && fromHeader(request, header) !== undefined) return true;
  return query !== undefined && fromQuery(request, query) !== undefined;
}

function fromCookie(request: AuthRequest, name: string): Found {
  const found = cookiesNamed(request, name);
  if (found.length > MOST_COOKIES) return SEVERAL;
  return found.length > 1 ? found : found[0];
}

function onlyOne(one: Found, other: Found): Found {
  if (one === undefined || other === undefined) return one ?? other;
  return SEVERAL;
}

function fromHeader(request: AuthRequest, header: TokenLocation['header'] = false): Found {
  if (header === false) return undefined;
  const name = header === true ? AUTHORIZATION : header;
  const sent = request.headers[name];
  if (typeof sent !== 'string' || sent === '') return undefined;
  if (isRepeated(request, name)) return SEVERAL;
  // In `Authorization`, a value without the scheme is for another scheme. A header of its own holds only a token.
  return afterScheme(sent) ?? (header === true ? undefined : sent);
}

/** RFC 9110 §11.1, §11.4: the scheme in upper or lower case, then one or more spaces. A tab is not a space. */
function afterScheme(sent: string): string | undefined {
  if (sent.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined;
  let at = SCHEME.length;
  while (sent[at] === ' ') at += 1;
  return sent.slice(at);
}

/** Of several headers, Node keeps the first, or joins them. The raw list has all of them. */
function isRepeated({ rawHeaders, raw }: AuthRequest, header: string): boolean {
  const sent = rawHeaders ?? raw?.rawHeaders ?? [];
  let count = 0;
  for (let index = 0; index < sent.length; index += 2) {
    const name = sent[index];
    if (name?.length === header.length && name.toLowerCase() === header) count += 1;
  }
  return count > 1;
}

function fromQuery({ url = '' }: AuthRequest, name: string): Found {
  const at = url.indexOf('?');
  if (at < 0) return undefined;
  const [only, ...others] = new URLSearchParams(url.slice(at + 1)).getAll(name);
  return others.length === 0 ? only : SEVERAL;
}
