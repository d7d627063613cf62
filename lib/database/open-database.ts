import type { DataSource } from 'typeorm';
import { adapterOf } from './adapters.js';
import type { AuthDatabase } from './database.js';

export interface AuthDatabaseOptions {
  /**
   * How long a locked SQLite database is waited for, in milliseconds; elsewhere, how long a statement
   * may take before its connection is given up, and how long lost transactions are begun again.
   * Default 5000.
   */
  readonly timeoutMs?: number;
}

/**
 * The library's access to the database of an initialized DataSource.
 *
 * @throws AuthConfigurationError for a database that is not supported, or a SQLite one that is not open
 */
export function openAuthDatabase(
  dataSource: DataSource,
  { timeoutMs = 5000 }: AuthDatabaseOptions = {},
): AuthDatabase {
  return adapterOf(dataSource).open(dataSource, timeoutMs);
}

/** The same through connections of the library's own, apart from those that requests share. The caller closes it. */
export function openOwnDatabase(
  dataSource: DataSource,
  { timeoutMs }: Required<AuthDatabaseOptions>,
): Promise<AuthDatabase> {
  return adapterOf(dataSource).openOwn(dataSource, timeoutMs);
}
