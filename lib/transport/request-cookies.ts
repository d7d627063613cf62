import type { AuthRequest } from './auth-request.js';

/**
 * How many cookies of one name are read. A browser that kept one from before a change of options sends two. Each costs
 * a verification, so there is a limit.
 */
export const MOST_COOKIES = 4;

/**
 * The different values of the cookies of this name, in order; at most one more than {@link MOST_COOKIES}. They are not
 * decoded: a token has no character that a cookie must escape (RFC 6265 §4.1.1).
 */
export function cookiesNamed(
  { headers }: Pick<AuthRequest, 'headers'>,
  name: string,
): readonly string[] {
  const { cookie } = headers;
  const start = `${name}=`;
  if (typeof cookie !== 'string' || !cookie.includes(start)) return [];
  const found: string[] = [];
  for (const pair of cookie.split(';')) {
    const at = afterSpaces(pair);
    if (!pair.startsWith(start, at)) continue;
    const value = pair.slice(at + start.length);
    // No Set: it would hash the whole token, which costs as much as the rest of a request.
    if (!found.includes(value)) found.push(value);
    if (found.length > MOST_COOKIES) break;
  }
  return found;
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
