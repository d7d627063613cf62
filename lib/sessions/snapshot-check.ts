import { RevocationError } from '../errors/auth.errors.js';
import type { Work } from '../database/database.js';
import type { SessionTable, Which } from './session-table.js';

/**
 * Refuses to end sessions in a caller's transaction whose snapshot lacks one of them: what was opened
 * since would live on, and its end be reported.
 *
 * @throws RevocationError nothing was ended
 */
export function* checkSnapshot(table: SessionTable, which: Which): Work<void> {
  // MySQL and MariaDB: a locking read, and an update, go to the newest version.
  if (table.dialect.name === 'mysql') return;
  if (table.dialect.name === 'sqlite') {
    // SQLite takes no write from a transaction whose snapshot is not the newest (SQLITE_BUSY_SNAPSHOT);
    // but where that shows no session, none would be written.
    yield* table.touchNone();
    return;
  }
  const open = yield* table.committedOpen(which);
  if (open.length === 0) return;
  // In whatever state: the transaction itself may have ended it before.
  const seen = yield* table.seen(open.map(({ id }) => id));
  if (open.every(({ id }) => seen.has(id))) return;
  throw new RevocationError(
    'invalid_argument',
    'manager: its transaction does not see a session that was opened after it began; end sessions outside of it, or begin it in READ COMMITTED. Nothing was ended.',
  );
}
