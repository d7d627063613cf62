import { exactInteger } from '../database/exact-integer.js';
import type { Row, Work } from '../database/database.js';
import { chunks, type LogTable } from './log-table.js';
import { lockHead, numberLocked } from './numbering.js';
import { GRACE_MS } from '../decision/time-margins.js';

/** What a batch of purging did. */
export interface Purged {
  readonly deleted: number;
  /** Whether there may be more to do at once. */
  readonly more: boolean;
}

const NOTHING: Purged = { deleted: 0, more: false };

/**
 * Deletes at most `limit` rows that nobody can need any more, for a transaction of the library's own
 * at READ COMMITTED. Does nothing while somebody else numbers or purges.
 *
 * A row is needed until `expires_at`, which was reckoned when it was written. A change is in force from
 * its commit, which may come long after that: a token that was issued in between, on state from before,
 * lives on beyond `expires_at`, and only the row denies it or tells a tracked process of it. So a row
 * also stays for the life of a token from when it was *seen*, and is seen here where only strict
 * processes run; a tracked one that has not read it by then must not believe older tokens, and learns so
 * from `purged_through`.
 */
export function* purge(log: LogTable, limit: number): Work<Purged> {
  const head = yield* lockHead(log);
  if (head === undefined) return NOTHING;
  const { dialect, tables, realm } = log;
  const { rows } = yield {
    sql: `SELECT max_token_life FROM ${tables.state} WHERE realm = ${dialect.placeholder(1)}`,
    params: [realm],
  };
  const [state] = rows;
  if (state === undefined) return NOTHING;
  const numbered = yield* numberUnseen(log, head, limit);
  const cutOff = `${dialect.now} - ${exactInteger(state['max_token_life']) + GRACE_MS}`;
  // In the order of an index, so that a minute in which nothing expires costs no walk through the log.
  // That of numbers would serve for a condition on them, and be walked from its beginning.
  const old = yield {
    sql:
      `SELECT id, seq, sequenced_at FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)}` +
      ` AND expires_at < ${dialect.now} AND sequenced_at < ${cutOff} ORDER BY expires_at ${dialect.limit(limit)}`,
    params: [realm],
  };
  // The row at the head stays, and so does one whose number somebody took away until it has another. What was
  // numbered just now is too young to be among these.
  const passed = old.rows.filter(({ seq }) => seq !== null && exactInteger(seq) < head);
  const leaving = yield* withoutYoungSuccessor(log, passed, cutOff);
  const deleted = yield* remove(log, leaving);
  const more = (old.rows.length === limit && deleted > 0) || numbered === limit;
  return { deleted, more };
}

/**
 * A row also stays while the one after it is young: a reader that is not further behind than that finds
 * the row at its cursor, and knows by it that the log is still the one it read.
 *
 * Asked by number, and not as part of the query before: PostgreSQL, where it does not know yet how large
 * the table has become, would read all of it for each row.
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

/** Sees rows for everybody else, so that their time begins to run. */
function* numberUnseen(log: LogTable, head: number, limit: number): Work<number> {
  const { dialect, tables, realm } = log;
  const { rows } = yield {
    sql: `SELECT id FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)} AND seq IS NULL LIMIT ${limit}`,
    params: [realm],
  };
  return yield* numberLocked(
    log,
    head,
    rows.map(({ id }) => String(id)),
  );
}

/** Deletes the rows, and says in the same transaction up to where the log no longer tells everything. */
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
