import { SESSION } from '../database/tables/session.table.js';
import type { RowOf } from '../database/tables/table.js';

/** The columns that are read and written. Why and by whom a session was ended is written once, for people. */
export const SESSION_COLUMNS = SESSION.without('realm', 'endedReason', 'endedBy');

/** A stored session. Times are milliseconds of the database's clock. */
export type SessionRow = RowOf<typeof SESSION_COLUMNS>;

/** Whether the session can still be used, as far as its own row says. */
export function isOpen(row: SessionRow, now: number): boolean {
  return row.endedAt === null && now < endOf(row);
}

/** When the session ends if nothing more happens to it; no access token of it lives longer. */
export function endOf({ idleExpiresAt, expiresAt }: SessionRow): number {
  return Math.min(idleExpiresAt, expiresAt);
}
