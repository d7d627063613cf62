import type { Work } from '../database/database.js';
import { chunks } from '../log/log-table.js';
import type { SessionParts } from './session-parts.js';
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
  /** When it ends even if it is used. */
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

/**
 * The user's sessions that a refresh would accept now, the newest first. It makes the same decision as a refresh. So
 * it leaves out sessions that a raised version or a changed password has ended, and sessions of an earlier account
 * with the same id.
 */
export function* liveSessions(
  { table, query, stamps }: Pick<SessionParts, 'table' | 'query' | 'stamps'>,
  userId: string,
): Work<readonly SessionRow[]> {
  const live: SessionRow[] = [];
  for (const rows of chunks(yield* table.openOf(userId), table.dialect.maxBatch)) {
    const lookups = rows.map(({ id, subject }) => ({ sub: subject, sid: id, jti: id }));
    const { rows: found } = yield query.statement(lookups);
    const states = query.answers(found, lookups);
    for (const [index, row] of rows.entries()) {
      const state = states[index];
      if (state === undefined || state instanceof Error) throw state;
      if (stamps.judge(row, state) === undefined) live.push(row);
    }
  }
  return live;
}
