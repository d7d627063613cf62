import type { AuthDatabase, Statement, Work } from '../database/database.js';
import { drive } from '../database/drive.js';
import { withTimeout } from '../database/with-timeout.js';
import { orUnavailable } from '../errors/or-unavailable.js';

/**
 * Runs work that only reads, without a transaction around its statements.
 *
 * @throws AuthUnavailableException (503) the database does not answer in time
 */
export function readWork<T>(
  { database, timeoutMs }: { readonly database: AuthDatabase; readonly timeoutMs: number },
  work: Work<T>,
): Promise<T> {
  const read = async (statement: Statement) => {
    const rows = await database.read(statement);
    return { rows, affected: rows.length };
  };
  return orUnavailable(() => withTimeout(timeoutMs, drive(work, read)));
}
