import type { IssuedToken } from '../tokens/token-issuer.js';
import type { RefreshToken } from './refresh-token.js';

/** An access token and a refresh token. */
export interface TokenPair extends IssuedToken {
  /** Valid for one use. Never log any part of it. */
  readonly refreshToken: string;
  /** When the session ends if it is not refreshed. */
  readonly refreshExpiresAt: Date;
}

export function pairOf(
  issued: IssuedToken,
  refresh: RefreshToken,
  idleExpiresAt: number,
): TokenPair {
  return { ...issued, refreshToken: refresh.text, refreshExpiresAt: new Date(idleExpiresAt) };
}
