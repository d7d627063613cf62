import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { AuthDatabase } from './database.js';

/**
 * Refuses MySQL and MariaDB sessions at READ UNCOMMITTED: a decision could be made on a change that is
 * rolled back later. PostgreSQL reads nothing uncommitted at any level.
 *
 * @throws AuthConfigurationError with the setting to change
 */
export async function refuseUncommittedReads(database: AuthDatabase): Promise<void> {
  if (database.dialect.name !== 'mysql') return;
  // The name depends on server and version, and SHOW knows no error for one that is not there.
  const rows = await database.read({
    sql: "SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')",
    params: [],
  });
  if (!rows.some(({ Value }) => Value === 'READ-UNCOMMITTED')) return;
  throw new AuthConfigurationError([
    'dataSource: its sessions read what is not committed (READ UNCOMMITTED); set transaction_isolation to READ-COMMITTED or REPEATABLE-READ for them.',
  ]);
}
