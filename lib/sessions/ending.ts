import { InvalidArgumentError } from '../errors/revocation.errors.js';
import type { Work } from '../database/database.js';
import type { LogEntry } from '../log/revocation-log.js';
import type { SessionParts } from './session-parts.js';
import type { SessionRow } from './session-row.js';
import type { Ending, SessionTable, Which } from './session-table.js';

/**
 * Locks those of the selected sessions that have not ended.
 *
 * @param joined whether the transaction is the caller's, and may see older state than the committed one
 */
export function* lockToEnd(
  table: SessionTable,
  which: Which,
  joined: boolean,
): Work<readonly SessionRow[]> {
  if (joined) yield* checkSnapshot(table, which);
  return yield* table.lockOpen(which);
}

/**
 * Refuses to end sessions in a caller's transaction whose snapshot lacks one of them. That session would live on,
 * although its end was reported.
 *
 * @throws RevocationError nothing was ended
 */
export function* checkSnapshot(table: SessionTable, which: Which): Work<void> {
  if (table.dialect.changesMeet !== 'snapshot') return;
  if ((yield* sessionsBeyondSnapshot(table, which)).length === 0) return;
  throw new InvalidArgumentError(
    'manager: its transaction does not see a session that was opened after it began, so nothing was ended. End sessions outside of the transaction, or use READ COMMITTED.',
  );
}

/** The open sessions that a caller's transaction does not see, because they were opened after its snapshot. */
export function* sessionsBeyondSnapshot(
  table: SessionTable,
  which: Which,
): Work<readonly SessionRow[]> {
  const open = yield* table.committedOpen(which);
  if (open.length === 0) return open;
  // Ended ones count as seen: the transaction itself may have ended them before.
  const seen = yield* table.seen(open.map(({ id }) => id));
  return open.filter(({ id }) => !seen.has(id));
}

/**
 * Ends sessions that the transaction has locked: their refresh tokens through their rows, their access tokens
 * through a denial for each.
 */
export function* endSessions(
  { table, log }: Pick<SessionParts, 'table' | 'log'>,
  rows: readonly SessionRow[],
  { reason, actor }: Ending,
): Work<readonly LogEntry[]> {
  const denials = rows.map(({ id }): LogEntry => {
    return { kind: 'session', ref: id, code: 'session_ended', reason, actor };
  });
  // The denials first: then the table's trigger has nothing to add.
  for (const denial of denials) yield* log.append(denial);
  yield* table.end(
    rows.map(({ id }) => id),
    { reason, actor },
  );
  return denials;
}
