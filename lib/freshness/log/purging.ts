import { exactInteger } from '../../schema/exact-integer.js';
import type { Row, Work } from '../../schema/database.js';
import { chunks, GRACE_MS, type LogTable } from './log-table.js';
import { lockHead, numberLocked } from './numbering.js';

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
 * A row is needed until `expires_at`, for the tokens that it denies. Where triggers watch, a tracked
 * process may also need it for what it tells: a change is in force from its commit, which may come
 * long after the row was written. So it stays for the life of a token from when it was *seen*; who
 * has not read it by then must not believe older tokens, and learns so from `purged_through`.
 */
export function* purge(log: LogTable, limit: number): Work<Purged> {
  const head = yield* lockHead(log);
  if (head === undefined) return NOTHING;
  const { dialect, tables, realm } = log;
  const { rows } = yield {
    sql: `SELECT watching_since, max_token_life FROM ${tables.state} WHERE realm = ${dialect.placeholder(1)}`,
    params: [realm],
  };
  const [state] = rows;
  if (state === undefined) return NOTHING;
  if (state['watching_since'] === null) return yield* purgeUnwatched(log, limit);
  // Where only strict processes run, nobody else numbers.
  const numbered = yield* numberExpired(log, head, limit);
  const cutOff = `${dialect.now} - ${exactInteger(state['max_token_life']) + GRACE_MS}`;
  // A row also stays while the one after it is young: a reader that is not further behind than that
  // finds the row at its cursor, and knows by it that the log is still the one it read.
  const old = yield {
    sql:
      `SELECT r.id, r.sequenced_at FROM ${tables.revocation} r WHERE r.realm = ${dialect.placeholder(1)}` +
      ` AND r.expires_at < ${dialect.now} AND r.sequenced_at < ${cutOff}` +
      ` AND r.seq < (SELECT h.head FROM ${tables.logHead} h WHERE h.realm = r.realm)` +
      ` AND NOT EXISTS (SELECT 1 FROM ${tables.revocation} n WHERE n.realm = r.realm AND n.seq = r.seq + 1 AND n.sequenced_at >= ${cutOff})` +
      ` ORDER BY r.expires_at LIMIT ${limit}`,
    params: [realm],
  };
  const deleted = yield* remove(log, old.rows);
  return { deleted, more: deleted === limit || numbered === limit };
}

/**
 * Without triggers no tracked process can run, and nothing need be numbered. One that comes later
 * does not believe tokens from before the triggers, which covers all that is deleted here. The lock
 * on the state row keeps the triggers from being declared meanwhile.
 */
function* purgeUnwatched(log: LogTable, limit: number): Work<Purged> {
  const { dialect, tables, realm } = log;
  const unwatched = yield {
    sql: `SELECT realm FROM ${tables.state} WHERE realm = ${dialect.placeholder(1)} AND watching_since IS NULL ${dialect.forUpdateNoWait}`,
    params: [realm],
  };
  if (unwatched.rows.length === 0) return NOTHING;
  const expired = yield {
    sql:
      `SELECT r.id, r.sequenced_at FROM ${tables.revocation} r WHERE r.realm = ${dialect.placeholder(1)} AND r.expires_at < ${dialect.now}` +
      ` AND (r.seq IS NULL OR r.seq < (SELECT h.head FROM ${tables.logHead} h WHERE h.realm = r.realm))` +
      ` ORDER BY r.expires_at LIMIT ${limit}`,
    params: [realm],
  };
  const deleted = yield* remove(log, expired.rows);
  return { deleted, more: deleted === limit };
}

/** Sees expired rows for everybody else, so that their time begins to run. */
function* numberExpired(log: LogTable, head: number, limit: number): Work<number> {
  const { dialect, tables, realm } = log;
  const { rows } = yield {
    sql: `SELECT id FROM ${tables.revocation} WHERE realm = ${dialect.placeholder(1)} AND seq IS NULL AND expires_at < ${dialect.now} LIMIT ${limit}`,
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
    for (const row of chunk) through = Math.max(through, exactInteger(row['sequenced_at'] ?? 0));
  }
  if (through > 0) {
    yield {
      sql: `UPDATE ${tables.logHead} SET purged_through = ${dialect.greatest('purged_through', String(through))} WHERE realm = ${dialect.placeholder(1)}`,
      params: [realm],
    };
  }
  return deleted;
}
