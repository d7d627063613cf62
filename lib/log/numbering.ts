import { exactInteger, type Statement, type Work } from '../database/database.js';
import { chunks, type LogTable } from './log-table.js';
import { randomUUID } from 'node:crypto';
import { GRACE_MS } from '../decision/time-margins.js';

/**
 * Gives the next numbers to rows that were seen without one; returns how many it numbered. It runs in the
 * library's own transaction at READ COMMITTED: see {@link AuthDatabase.tryTransact}.
 *
 * Rows are numbered when they are seen, not when they are written. So the order of numbers is the order
 * in which rows became visible. A sequence cannot give this order: a transaction may take a number early and
 * commit long after a transaction that began later. A reader with a cursor relies on two facts:
 *
 * - *No row appears at or before a number that was read.* A row is already visible when it gets its
 *   number, the number is greater than every earlier one, and a statement that sees the number also sees
 *   the head that counts it.
 * - *Two processes never give the same number.* Each holds the lock from before it reads the head until
 *   it has committed the new head.
 */
export function* number(log: LogTable, ids: readonly string[]): Work<number> {
  const head = yield* lockHead(log);
  return head === undefined ? 0 : yield* numberLocked(log, head, ids);
}

/**
 * Locks the numbering of a realm, and gives the head; `undefined` when another process holds the lock. It
 * does not wait for the lock: the other process does the same work, and rows are in force without a number.
 */
export function* lockHead({ dialect, tables, realm }: LogTable): Work<number | undefined> {
  const { rows } = yield {
    sql: `SELECT head FROM ${tables.logHead} WHERE realm = ${dialect.placeholder(1)} ${dialect.forUpdateNoWait}`,
    params: [realm],
  };
  const head = rows[0]?.['head'];
  // This is the newest committed head, even if it was committed after this statement began: a locking read
  // gets the newest version on every database.
  return head === undefined ? undefined : exactInteger(head);
}

/** The same for a caller that holds the lock and knows the head. */
export function* numberLocked(log: LogTable, head: number, ids: readonly string[]): Work<number> {
  const { dialect, tables, realm } = log;
  const unnumbered = yield* stillUnnumbered(log, ids);
  if (unnumbered.length === 0) return 0;
  // If the head was set back (the row was restored, or deleted and created again), numbers that are already
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
    // By primary key alone. With `seq IS NULL` in the condition, MariaDB reads the index of numbers, and waits
    // for rows that other transactions have inserted but not committed (seen on 10.11). On the table itself it
    // skips them at READ COMMITTED, even if it reads all rows. The rows named here are visible, so no open insert
    // holds them. The lock of the head keeps out other processes that number or purge.
    yield {
      sql:
        `UPDATE ${tables.revocation} SET seq = CASE id ${places.join(' ')} END, sequenced_at = ${dialect.clock}` +
        ` WHERE ${dialect.isAnyOf('id', chunk, params, 'varchar')}`,
      params,
    };
  }
  // The row at the head is never purged. If it is missing, somebody emptied the log or restored an older one.
  // Later the head has a row again, and a process that starts then cannot see the loss. So it is recorded.
  const isLost = highest !== head;
  // In the same transaction, so no reader sees the numbers without the head, or the head without them.
  yield moveHead(log, last, isLost);
  return unnumbered.length;
}

/** @param isLost rows were lost, and it must be recorded for processes that start later */
function moveHead({ dialect, tables, realm }: LogTable, head: number, isLost: boolean): Statement {
  const lost = isLost ? `, purged_through = ${dialect.clock}` : '';
  return {
    sql: `UPDATE ${tables.logHead} SET head = ${head}${lost} WHERE realm = ${dialect.placeholder(1)}`,
    params: [realm],
  };
}

/**
 * The rows that nobody has numbered or deleted meanwhile. A plain read, which waits for no lock. It comes
 * after the lock on the head was taken, so it sees everything that earlier holders of that lock committed.
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

/**
 * Makes head and rows consistent again after somebody deleted rows, or restored a part of a backup.
 * Otherwise each read would find the inconsistency again and clear memory, until the next revocation.
 * After a repair, no reader trusts older tokens.
 *
 * If the row at the head is missing, a `resync` row replaces it. If rows come after the head, the head moves to
 * the last of them. It does nothing if head and rows are consistent, or while another process numbers.
 */
export function* repairLog(log: LogTable): Work<void> {
  const head = yield* lockHead(log);
  if (head === undefined) return;
  const { dialect, tables, realm } = log;
  const at = (index: number) => dialect.placeholder(index);
  const found = yield {
    sql: `SELECT MAX(seq) AS top FROM ${tables.revocation} WHERE realm = ${at(1)} AND seq >= ${head}`,
    params: [realm],
  };
  const top = found.rows[0]?.['top'] ?? undefined;
  if (top !== undefined) {
    const last = exactInteger(top);
    if (last !== head) yield moveHead(log, last, true);
    return;
  }
  const next = head + 1;
  yield {
    sql:
      `INSERT INTO ${tables.revocation} (id, realm, kind, ref, created_at, expires_at, seq, sequenced_at)` +
      ` SELECT ${at(1)}, ${at(2)}, 'resync', '*', ${dialect.now}, ${dialect.now} + s.max_token_life + ${GRACE_MS}, ${next}, ${dialect.clock}` +
      ` FROM ${tables.state} s WHERE s.realm = ${at(3)}`,
    params: [randomUUID(), realm, realm],
  };
  yield moveHead(log, next, false);
}
