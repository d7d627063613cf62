import type { SessionInfo } from '../../sessions/session-info.js';
import type { TokenPair } from '../../sessions/token-pair.js';

/** A pair of tokens, as an answer has it: RFC 6749 §5.1, in JavaScript's spelling. */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly sessionId: string;
}

export function tokenAnswer(pair: TokenPair): TokenAnswer {
  const { accessToken, tokenType, expiresIn, refreshToken, sessionId } = pair;
  return { accessToken, tokenType, expiresIn, refreshToken, sessionId };
}

/** A session, as a list answers it. */
export interface SessionAnswer {
  readonly id: string;
  readonly device: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  /** When it ends if it is not refreshed. */
  readonly expiresAt: Date;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

export function sessionAnswer(session: SessionInfo, asking: string): SessionAnswer {
  const { id, device, ip, userAgent, createdAt, lastSeenAt, expiresAt } = session;
  const current = id === asking;
  return { id, device, ip, userAgent, createdAt, lastSeenAt, expiresAt, current };
}
