import type { SessionRow } from './session-row.js';

/** A session, as a list shows it. */
export interface SessionInfo {
  readonly id: string;
  readonly userId: string;
  readonly device: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  /** When it ends if it is not used. */
  readonly expiresAt: Date;
  /** When it ends however it is used. */
  readonly endsAt: Date;
}

export function infoOf(row: SessionRow): SessionInfo {
  const { id, userId, device, ip, userAgent } = row;
  return {
    id,
    userId,
    device,
    ip,
    userAgent,
    createdAt: new Date(row.createdAt),
    lastSeenAt: new Date(row.lastSeenAt),
    expiresAt: new Date(row.idleExpiresAt),
    endsAt: new Date(row.expiresAt),
  };
}
