import type { ResponseHeaders } from './response-headers.js';
import type { TokenCookies, TokenTransport } from './token-cookies.js';
import type { IssuedToken } from '../tokens/token-issuer.js';

/** Tokens, as an answer has them: RFC 6749 §5.1, in JavaScript's spelling. */
export interface TokenAnswer {
  /** Unless a cookie carries it. */
  readonly accessToken?: string;
  readonly tokenType: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  /** With sessions, unless a cookie carries it. */
  readonly refreshToken?: string;
  readonly sessionId: string;
}

/**
 * Puts tokens on an answer. What cookies carry is not in the body, for scripts must not get at it.
 *
 * @returns the body
 */
export function answerTokens(
  token: IssuedToken,
  headers: ResponseHeaders,
  cookies: TokenCookies,
  way: TokenTransport,
): TokenAnswer {
  const { accessToken, tokenType, expiresIn, refreshToken, sessionId } = token;
  const inCookies = way === 'cookies';
  headers.forbidStoring();
  if (inCookies) headers.addCookies(cookies.carrying(token));
  const showsRefresh = refreshToken !== undefined && !(inCookies && cookies.carryRefresh);
  return {
    ...(inCookies && cookies.carryAccess ? {} : { accessToken }),
    tokenType,
    expiresIn,
    ...(showsRefresh ? { refreshToken } : {}),
    sessionId,
  };
}
