import { type AuthDatabase, exactInteger, type Row, type Work } from '../database/database.js';
import { PeriodicCleaner } from '../database/periodic-cleaner.js';
import { GRACE_MS } from '../decision/time-margins.js';
import { chunks, type LogTable, stateStatement } from './log-table.js';
import { lockHead, numberLocked } from './numbering.js';

/** The rows of one batch. SQLite deletes them in one turn of the event loop. */
const BATCH = 200;

/** Deletes rows of the log that nobody needs any more. Does nothing while another process does it. */
export class LogCleaner extends PeriodicCleaner {
  constructor(
    database: AuthDatabase,
    private readonly table: LogTable,
  ) {
    super(database, 'RevocationLog', 'Expired rows');
  }

  protected override remove(): Promise<number> {
    const { table } = this;
    return this.untilDone(function* () {
      const { deleted, more } = yield* purge(table, BATCH);
      return { done: deleted, full: more };
    });
  }
}

const NOTHING = { deleted: 0, more: false };

/**
 * Deletes at most `limit` rows that nobody needs any more, and tells whether more may be left. It runs in the
 * library's own transaction at READ COMMITTED, and does nothing while another process numbers or purges.
 *
 * A row is needed until `expires_at`, which was computed when the row was written. But a change is in force from
 * its commit, which may come much later. A token that was issued in between, on the old state, may live longer
 * than `expires_at`. Only the row denies that token, or reports the change to tracked processes. So a row also
 * stays for the life of a token after it was *seen*, which is when it got its number. If only strict processes
 * run, it gets its number here. A tracked process that has not read the row by then learns from `purged_through`
 * that it must not trust older tokens.
 */
export function* purge(log: LogTable, limit: number): Work<typeof NOTHING> {
  const head = yield* lockHead(log);
  if (head === undefined) return NOTHING;
  const { dialect, tables, realm } = log;
  const { rows } = yield stateStatement(log, 'max_token_life');
  const [state] = rows;
  if (state === undefined) return NOTHING;
  // Rows that no process has numbered get their numbers now. Their time begins with it.
  const withoutNumber = yield {
    sql: `SELECT id FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)} AND seq IS NULL LIMIT ${limit}`,
    params: [realm],
  };
  const ids = withoutNumber.rows.map(({ id }) => String(id));
  const numbered = yield* numberLocked(log, head, ids);
  const cutOff = `${dialect.now} - ${exactInteger(state['max_token_life']) + GRACE_MS}`;
  // By the index on `expires_at`, which costs little when nothing has expired. With a condition on numbers, the
  // database would choose the index of numbers, and read that from its beginning.
  const old = yield {
    sql:
      `SELECT id, seq, sequenced_at FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)}` +
      ` AND expires_at < ${dialect.now} AND sequenced_at < ${cutOff} ORDER BY expires_at ${dialect.limit(limit)}`,
    params: [realm],
  };
  // The row at the head stays. A row whose number somebody removed stays until it has a new one. Rows that
  // were numbered just now are too young to be in this list.
  const passed = old.rows.filter(({ seq }) => seq !== null && exactInteger(seq) < head);
  const leaving = yield* withoutYoungSuccessor(log, passed, cutOff);
  const deleted = yield* remove(log, leaving);
  const more = (old.rows.length === limit && deleted > 0) || numbered === limit;
  return { deleted, more };
}

/**
 * A row also stays while the row after it is young. A reader that is not further behind then finds the row at its
 * cursor, and so knows that this is still the same log.
 *
 * This is a separate query by number. Inside the query before, PostgreSQL would read the whole table for each row,
 * until it has statistics of a table that has grown.
 */
function* withoutYoungSuccessor(
  { dialect, tables, realm }: LogTable,
  rows: readonly Row[],
  cutOff: string,
): Work<readonly Row[]> {
  const young = new Set<number>();
  for (const chunk of chunks(rows)) {
    const params: unknown[] = [realm];
    const next = chunk.map(({ seq }) => String(exactInteger(seq) + 1));
    const found = yield {
      sql:
        `SELECT seq FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)}` +
        ` AND ${dialect.isAnyOf('seq', next, params, 'bigint')} AND sequenced_at >= ${cutOff}`,
      params,
    };
    for (const { seq } of found.rows) young.add(exactInteger(seq));
  }
  return rows.filter(({ seq }) => !young.has(exactInteger(seq) + 1));
}

/** Deletes the rows. In the same transaction it records up to which time the log is no longer complete. */
function* remove(log: LogTable, rows: readonly Row[]): Work<number> {
  const { dialect, tables, realm } = log;
  let deleted = 0;
  let through = 0;
  for (const chunk of chunks(rows, dialect.keysPerDelete)) {
    const ids = chunk.map(({ id }) => String(id));
    const params: unknown[] = [];
    const condition = dialect.isAnyOf('id', ids, params, 'varchar');
    const { affected } = yield {
      sql: `DELETE FROM ${tables.revocation} WHERE ${condition}`,
      params,
    };
    deleted += affected;
    for (const row of chunk) through = Math.max(through, exactInteger(row['sequenced_at']));
  }
  if (through > 0) {
    yield {
      sql: `UPDATE ${tables.logHead} SET purged_through = ${dialect.greatest('purged_through', String(through))} WHERE realm = ${dialect.placeholder(1)}`,
      params: [realm],
    };
  }
  return deleted;
}
