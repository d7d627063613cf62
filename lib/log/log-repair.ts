import { randomUUID } from 'node:crypto';
import { exactInteger } from '../database/exact-integer.js';
import type { Work } from '../database/database.js';
import { type LogTable } from './log-table.js';
import { lockHead } from './numbering.js';
import { GRACE_MS } from '../decision/time-margins.js';

/**
 * Puts head and rows together again after somebody took rows away, or put back a part of a backup: each
 * read would find again that they do not fit, and would have to begin anew, for as long as nothing is
 * revoked. Every reader believes nothing from before.
 *
 * Where the row at the head is gone, a row `resync` takes its place; where rows come after the head, it is
 * moved to the last of them. Does nothing where all is well, or while somebody else numbers.
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
    if (last === head) return;
    // A process that starts later could not tell any more that something was lost.
    yield {
      sql: `UPDATE ${tables.logHead} SET head = ${last}, purged_through = ${dialect.clock} WHERE realm = ${at(1)}`,
      params: [realm],
    };
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
  yield {
    sql: `UPDATE ${tables.logHead} SET head = ${next} WHERE realm = ${at(1)}`,
    params: [realm],
  };
}
