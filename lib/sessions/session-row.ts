import { SESSION } from '../database/tables/session.table.js';
import type { RowOf } from '../database/tables/table.js';

/** The columns that are read and written. The reason and the actor of an end are only written, for people to read. */
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
