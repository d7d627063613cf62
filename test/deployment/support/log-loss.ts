import { driverErrorOf } from '../../../lib/database/faults.js';
import type { Side } from './side.js';

/** MariaDB's and PostgreSQL's for a lock that is not waited for any longer. */
const LOCKED = new Set(['ER_LOCK_WAIT_TIMEOUT', '55P03']);

/**
 * Takes away what the log has told: all of it, as by TRUNCATE, or its last rows together with their
 * numbers, as by a restored backup. Says whether it could: a connection that went dead while it numbered
 * rows keeps its locks for as long as the server does not notice.
 */
export async function loseLog(side: Side, rows: number | 'all'): Promise<boolean> {
  const head = `(SELECT head FROM auth_log_head WHERE realm = 'jwt')`;
  const statements =
    rows === 'all'
      ? ['DELETE FROM auth_revocation WHERE seq IS NOT NULL']
      : [
          `DELETE FROM auth_revocation WHERE seq > ${head} - ${rows}`,
          `UPDATE auth_log_head SET head = GREATEST(head - ${rows}, 0)`,
        ];
  const transaction = await side.begin();
  try {
    const isPostgres = side.q('') === '""';
    const lockTimeout = isPostgres ? `LOCAL lock_timeout = '2s'` : 'innodb_lock_wait_timeout = 2';
    // One after the other.
    // oxlint-disable-next-line no-await-in-loop
    for (const sql of [`SET ${lockTimeout}`, ...statements]) await transaction.run(sql);
    await transaction.commit();
    return true;
  } catch (error) {
    await transaction.rollback().catch(() => undefined);
    const code: unknown = Object(driverErrorOf(error)).code;
    if (typeof code === 'string' && LOCKED.has(code)) return false;
    throw error;
  }
}
