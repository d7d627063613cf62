import { orUnavailable } from '../errors/or-unavailable.js';
import type { AuthDatabase, Statement, Work } from '../database/database.js';
import { drive } from '../database/drive.js';
import { withTimeout } from '../database/with-timeout.js';

/**
 * Carries out work that only reads, each of its statements by itself.
 *
 * @throws AuthUnavailableException (503) when the database does not answer in time
 */
export function readWork<T>(
  { database, timeoutMs }: { readonly database: AuthDatabase; readonly timeoutMs: number },
  work: Work<T>,
): Promise<T> {
  const one = async (statement: Statement) => {
    const rows = await database.read(statement);
    return { rows, affected: rows.length };
  };
  return orUnavailable(() => withTimeout(timeoutMs, drive(work, one)));
}
