import type { AuthRequest } from './authenticator.js';
import type { TokenLocation } from '../tokens/jwt.options.js';
import { Refusal } from '../decision/refusal.js';

const HEADER = 'authorization';
const SCHEME = 'bearer ';

/**
 * Not more than one way in a request (RFC 6750 §2). Two ways, or one of them twice, may be read in another
 * order by whoever stands before the application: what was checked there would not be what counts here.
 */
const SEVERAL = new Refusal('token_malformed', 'The request carries more than one access token.');
const MISSING = new Refusal('token_missing');

/** What stands in one place. */
type Found = string | undefined | typeof SEVERAL;

/**
 * The token that a request carries, or why there is none to look at.
 *
 * Linear in the length of the header and before any decoding: passport-jwt's own expression is
 * quadratic, and 15,000 characters without a space cost it a third of a second.
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

/** Whether its token came in the cookie, so that a new one must not come where scripts can read it. */
export function cameInCookie(request: AuthRequest, { cookie }: TokenLocation): boolean {
  return cookie !== undefined && fromCookie(request, cookie) !== undefined;
}

/** Whether a token, or what stands in its place, is in the address. */
export function cameInQuery(request: AuthRequest, { query }: TokenLocation): boolean {
  return query !== undefined && fromQuery(request, query) !== undefined;
}

function onlyOne(one: Found, other: Found): Found {
  if (one === undefined || other === undefined) return one ?? other;
  return SEVERAL;
}

function fromHeader(request: AuthRequest): Found {
  const { authorization } = request.headers;
  if (typeof authorization !== 'string') return undefined;
  if (isRepeated(request)) return SEVERAL;
  // RFC 9110 §11.1: the scheme is compared without regard to case. Further spaces are part of the token,
  // which then is none.
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined;
  return authorization.slice(SCHEME.length);
}

/** Node keeps the first of several, and says nothing; they are all in the list of what was sent. */
function isRepeated({ rawHeaders, raw }: AuthRequest): boolean {
  const sent = rawHeaders ?? raw?.rawHeaders ?? [];
  let count = 0;
  for (let index = 0; index < sent.length; index += 2) {
    const name = sent[index];
    if (name?.length === HEADER.length && name.toLowerCase() === HEADER) count += 1;
  }
  return count > 1;
}

/** As it stands there: a token has no letter that a cookie would have to escape (RFC 6265 §4.1.1). */
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

/**
 * Where the name of a cookie begins. Behind spaces and tabs alone, as servers and browsers have it: `trim()`
 * takes a no-break space too, and for browsers a name that begins with one has no prefix `__Host-` that
 * they would have to guard. A sibling domain could set it.
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
