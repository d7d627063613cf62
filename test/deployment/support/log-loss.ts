import type { Side } from './side.js';

/**
 * Takes away what the log has told: all of it, as by TRUNCATE, or its last rows together with their
 * numbers, as by a restored backup.
 */
export async function loseLog(side: Side, rows: number | 'all'): Promise<void> {
  if (rows === 'all') return side.run('DELETE FROM auth_revocation WHERE seq IS NOT NULL');
  const transaction = await side.begin();
  const head = `(SELECT head FROM auth_log_head WHERE realm = 'jwt')`;
  await transaction.run(`DELETE FROM auth_revocation WHERE seq > ${head} - ${rows}`);
  await transaction.run(`UPDATE auth_log_head SET head = GREATEST(head - ${rows}, 0)`);
  await transaction.commit();
}
