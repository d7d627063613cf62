import type { LogEntry, RevocationLog } from '../log/revocation-log.js';
import type { Work } from '../database/database.js';
import type { SessionRow } from './session-row.js';
import type { Ending, SessionTable, Which } from './session-table.js';
import { checkSnapshot } from './snapshot-check.js';

/** Where sessions are ended. */
export interface EndingPlaces {
  readonly table: SessionTable;
  readonly log: Pick<RevocationLog, 'append'>;
}

/**
 * Locks the sessions that are to be ended, those that have not.
 *
 * @param joined whether the transaction is a caller's, and may see older state than is committed
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
 * Ends sessions that the transaction has locked: their refresh tokens by their rows, their access
 * tokens by a denial for each.
 */
export function* endSessions(
  { table, log }: EndingPlaces,
  rows: readonly SessionRow[],
  { reason, actor }: Ending,
): Work<readonly LogEntry[]> {
  const entries = rows.map(({ id }): LogEntry => {
    return { kind: 'session', ref: id, code: 'session_ended', reason, actor };
  });
  // The denials first: a trigger on the table then has nothing to add.
  for (const entry of entries) yield* log.append(entry);
  yield* table.end(
    rows.map(({ id }) => id),
    { reason, actor },
  );
  return entries;
}
