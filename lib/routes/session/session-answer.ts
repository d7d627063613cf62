import type { SessionInfo } from '../../sessions/session-info.js';

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
