import type { IssuedToken } from '../tokens/token-issuer.js';
import type { RefreshToken } from './refresh-token.js';

/** An access token with the refresh token that follows on it. */
export interface TokenPair extends IssuedToken {
  /** Good for one use. Nothing of it may be logged. */
  readonly refreshToken: string;
  /** When the session ends if it is not refreshed. */
  readonly refreshExpiresAt: Date;
}

/** The pair that is handed out. */
export function pairOf(
  issued: IssuedToken,
  refresh: RefreshToken,
  idleExpiresAt: number,
): TokenPair {
  return { ...issued, refreshToken: refresh.text, refreshExpiresAt: new Date(idleExpiresAt) };
}
