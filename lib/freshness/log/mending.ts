import { randomUUID } from 'node:crypto';
import type { Work } from '../../schema/database.js';
import { GRACE_MS, type LogTable } from './log-table.js';
import { lockHead } from './numbering.js';

/**
 * Puts a row at the head of a log that somebody emptied: `resync`, by which every reader believes
 * nothing from before. Without a row there, each read would find again that rows are missing, and
 * would have to begin anew, for as long as nothing is revoked.
 *
 * Does nothing where the row is there, or while somebody else numbers.
 */
export function* mend(log: LogTable): Work<void> {
  const head = yield* lockHead(log);
  if (head === undefined) return;
  const { dialect, tables, realm } = log;
  const at = (index: number) => dialect.placeholder(index);
  const found = yield {
    sql: `SELECT MAX(seq) AS top FROM ${tables.revocation} WHERE realm = ${at(1)} AND seq >= ${head}`,
    params: [realm],
  };
  const top = found.rows[0]?.['top'];
  // A row beyond the head: the head was set back. The next one that is numbered comes after it.
  if (top !== null && top !== undefined) return;
  const next = head + 1;
  yield {
    sql:
      `INSERT INTO ${tables.revocation} (id, realm, kind, ref, created_at, expires_at, seq, sequenced_at)` +
      ` SELECT ${at(1)}, ${at(2)}, 'resync', '*', ${dialect.now}, ${dialect.now} + s.max_token_life + ${GRACE_MS}, ${next}, ${dialect.clock}` +
      ` FROM ${tables.state} s WHERE s.realm = ${at(3)}`,
    params: [randomUUID(), realm, realm],
  };
  yield {
    sql: `UPDATE ${tables.logHead} SET head = ${next} WHERE realm = ${at(1)}`,
    params: [realm],
  };
}
