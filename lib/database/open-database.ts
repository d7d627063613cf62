import type { DataSource } from 'typeorm';
import { adapterOf } from './adapters.js';
import type { AuthDatabase } from './database.js';
import type { OpenTransaction } from './open-transaction.js';

export interface AuthDatabaseOptions {
  /**
   * How long a locked SQLite database is waited for, in milliseconds; elsewhere, how long a statement
   * may take before its connection is given up, and how long lost transactions are begun again.
   * Default 5000.
   */
  readonly timeoutMs?: number;
  /** Finds the transaction of a caller. Default: the caller never has one. */
  readonly transactions?: OpenTransaction;
}

/**
 * The library's access to the database of an initialized DataSource.
 *
 * @throws AuthConfigurationError for a database that is not supported, or a SQLite one that is not open
 */
export function openAuthDatabase(
  dataSource: DataSource,
  { timeoutMs = 5000, transactions }: AuthDatabaseOptions = {},
): AuthDatabase {
  return adapterOf(dataSource).open(dataSource, timeoutMs, transactions);
}

/** The same through connections of the library's own, apart from those that requests share. The caller closes it. */
export function openOwnDatabase(
  dataSource: DataSource,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<AuthDatabase> {
  return adapterOf(dataSource).openOwn(dataSource, timeoutMs);
}
