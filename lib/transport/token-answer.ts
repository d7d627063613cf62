import type { IssuedToken } from '../tokens/token-issuer.js';
import type { AuthRequest } from './auth-request.js';
import type { ResponseHeaders } from './response-headers.js';
import type { TokenCookies, TokenTransport } from './token-cookies.js';

/** Tokens in the body of a response: RFC 6749 §5.1, in JavaScript's spelling. */
export interface TokenAnswer {
  /** Absent when a cookie carries it. */
  readonly accessToken?: string;
  readonly tokenType: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  /** With sessions. Absent when a cookie carries it. */
  readonly refreshToken?: string;
  readonly sessionId: string;
}

/** What shows that the browser may keep stale cookies: see `TokenCookies.carrying()`. */
interface Suspicion {
  readonly request?: Pick<AuthRequest, 'headers'> | undefined;
  readonly stale?: 1 | 2;
}

/**
 * Puts tokens on a response. A token in a cookie is not in the body, where scripts could read it.
 *
 * @returns the body
 */
export function answerTokens(
  token: IssuedToken,
  headers: ResponseHeaders,
  cookies: TokenCookies,
  transport: TokenTransport,
  { request, stale }: Suspicion = {},
): TokenAnswer {
  const { accessToken, tokenType, expiresIn, refreshToken, sessionId } = token;
  const inCookies = transport === 'cookies';
  headers.forbidStoring();
  if (inCookies) headers.addCookies(cookies.carrying(token, request, stale));
  const showsRefresh = refreshToken !== undefined && !(inCookies && cookies.carryRefresh);
  return {
    ...(inCookies && cookies.carryAccess ? {} : { accessToken }),
    tokenType,
    expiresIn,
    ...(showsRefresh ? { refreshToken } : {}),
    sessionId,
  };
}
