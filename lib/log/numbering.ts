import { exactInteger } from '../database/exact-integer.js';
import type { Work } from '../database/database.js';
import { chunks, type LogTable } from './log-table.js';

/**
 * Gives the next numbers to rows that were seen without one; gives how many it numbered. For a
 * transaction of the library's own, at READ COMMITTED: see {@link AuthDatabase.tryTransact}.
 *
 * Rows are numbered once they are seen, not when they are written, so that the order of numbers is
 * the order in which rows became visible: a transaction may commit long after one that began later,
 * and a sequence may hand out numbers early. What a reader with a cursor may rely on:
 *
 * - *No row appears at or before a number that was read.* A number is given to a row that is already
 *   visible, is greater than every number given before, and is seen in the statement in which the
 *   head that counts it is seen.
 * - *Two never give the same number.* Both hold the lock from before they read the head until
 *   they have committed it.
 */
export function* number(log: LogTable, ids: readonly string[]): Work<number> {
  const head = yield* lockHead(log);
  return head === undefined ? 0 : yield* numberLocked(log, head, ids);
}

/**
 * Locks the numbering of a realm, and gives the head; `undefined` when somebody else has it. It is
 * not waited for: whoever has it does the same work, and rows are in force without a number.
 */
export function* lockHead({ dialect, tables, realm }: LogTable): Work<number | undefined> {
  const { rows } = yield {
    sql: `SELECT head FROM ${tables.logHead} WHERE realm = ${dialect.placeholder(1)} ${dialect.forUpdateNoWait}`,
    params: [realm],
  };
  const head = rows[0]?.['head'];
  // The row as it was committed last, also when that was after this statement began: a locking read
  // goes to the newest version on every database.
  return head === undefined ? undefined : exactInteger(head);
}

/** The same for whoever holds the lock, and knows the head. */
export function* numberLocked(log: LogTable, head: number, ids: readonly string[]): Work<number> {
  const { dialect, tables, realm } = log;
  const unnumbered = yield* stillUnnumbered(log, ids);
  if (unnumbered.length === 0) return 0;
  // After the head was set back (a restored row, one that was deleted and made anew) numbers that are
  // in the table must not be given again.
  const top = yield {
    sql: `SELECT MAX(seq) AS top FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)}`,
    params: [realm],
  };
  const highest = exactInteger(top.rows[0]?.['top'] ?? 0);
  let last = Math.max(head, highest);
  for (const chunk of chunks(unnumbered)) {
    const params: unknown[] = [];
    const places = chunk.map((id) => {
      params.push(id);
      return `WHEN ${dialect.placeholder(params.length)} THEN ${++last}`;
    });
    // By primary key alone. With `seq IS NULL` in the condition, MariaDB walks the index of numbers
    // and waits at rows that other transactions have inserted and not committed (seen on 10.11). On
    // the table itself it passes over them at READ COMMITTED, even where it reads all rows. These
    // rows are visible, so nobody's insert holds them; other numberers and purges are locked out.
    yield {
      sql:
        `UPDATE ${tables.revocation} SET seq = CASE id ${places.join(' ')} END, sequenced_at = ${dialect.clock}` +
        ` WHERE ${dialect.isAnyOf('id', chunk, params, 'varchar')}`,
      params,
    };
  }
  // The row at the head is never purged. Where it is missing, somebody emptied the log or put back an
  // older one; a process that starts later could not tell, once there is a row at the head again.
  const lost = highest === head ? '' : `, purged_through = ${dialect.clock}`;
  // In the same transaction: no reader sees the numbers without the head, nor the head without them.
  yield {
    sql: `UPDATE ${tables.logHead} SET head = ${last}${lost} WHERE realm = ${dialect.placeholder(1)}`,
    params: [realm],
  };
  return unnumbered.length;
}

/**
 * Those of the rows that nobody has numbered meanwhile, nor deleted. A plain read, which waits for
 * nobody. It comes after the lock, so it sees what every earlier holder of the lock has committed.
 */
function* stillUnnumbered(
  { dialect, tables }: LogTable,
  ids: readonly string[],
): Work<readonly string[]> {
  const found = new Set<unknown>();
  for (const chunk of chunks(ids)) {
    const params: unknown[] = [];
    const { rows } = yield {
      sql: `SELECT id FROM ${tables.revocation} WHERE ${dialect.isAnyOf('id', chunk, params, 'varchar')} AND seq IS NULL`,
      params,
    };
    for (const row of rows) found.add(row['id']);
  }
  return [...new Set(ids)].filter((id) => found.has(id));
}
