import { randomUUID } from 'node:crypto';
import { exactInteger, type Work } from '../database/database.js';
import { GRACE_MS } from '../decision/time-margins.js';
import type { LogTable } from './log-table.js';
import { lockHead } from './numbering.js';

/**
 * Makes head and rows consistent again after somebody deleted rows, or restored a part of a backup.
 * Otherwise each read would find the inconsistency again and clear memory, until the next revocation.
 * After a repair, no reader trusts older tokens.
 *
 * Where the row at the head is missing, a `resync` row replaces it. Where rows come after the head, the
 * head moves to the last of them. It does nothing when all is well, or while another process numbers.
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
    // Without this, a process that starts later could not tell that rows were lost.
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
