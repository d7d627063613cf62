import { parse } from 'cookie';
import type { AuthRequest } from '../authenticator.js';
import type { TokenLocation } from '../auth.options.js';
import { Refusal } from '../decision/refusal.js';

const SCHEME = 'bearer ';

/**
 * The token that a request carries, or why there is none to look at.
 *
 * Linear in the length of the header and before any decoding: passport-jwt's own expression is
 * quadratic, and 15,000 characters without a space cost it a third of a second.
 */
export function extractToken(
  request: AuthRequest,
  from: TokenLocation,
): string | Refusal<'token_missing'> {
  const token = 'cookie' in from ? fromCookie(request, from.cookie) : fromHeader(request);
  if (token === undefined) return new Refusal('token_missing');
  return token;
}

function fromHeader({ headers }: AuthRequest): string | undefined {
  const { authorization } = headers;
  if (typeof authorization !== 'string') return undefined;
  // RFC 9110 §11.1: the scheme is compared without regard to case, and one space follows it.
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined;
  return authorization.slice(SCHEME.length);
}

function fromCookie({ headers }: AuthRequest, name: string): string | undefined {
  const { cookie } = headers;
  if (typeof cookie !== 'string' || !cookie.includes(`${name}=`)) return undefined;
  return parse(cookie)[name];
}
