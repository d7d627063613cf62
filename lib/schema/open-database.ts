import type { DataSource } from 'typeorm';
import type { AuthDatabase } from './database.js';
import { dialectOf } from './dialect-of.js';
import { PooledDatabase } from './pooled.database.js';
import { SqliteFileDatabase } from './sqlite-file.database.js';
import { SqliteMemoryDatabase } from './sqlite-memory.database.js';
import { mainFile } from './sqlite/open-own.js';

export interface AuthDatabaseOptions {
  /**
   * How long a locked SQLite database is waited for, and how long lost transactions are begun anew
   * elsewhere, in milliseconds. Default 5000. Statements themselves take as long as the driver lets them.
   */
  readonly timeoutMs?: number;
}

/**
 * The library's way to the database of an initialized DataSource.
 *
 * @throws AuthConfigurationError for a database that is not supported, or a SQLite one that is not open
 */
export function openAuthDatabase(
  dataSource: DataSource,
  { timeoutMs = 5000 }: AuthDatabaseOptions = {},
): AuthDatabase {
  const dialect = dialectOf(dataSource);
  if (dialect.name !== 'sqlite') return new PooledDatabase(dialect, dataSource, timeoutMs);
  return mainFile(dataSource) === undefined
    ? new SqliteMemoryDatabase(dataSource, timeoutMs)
    : new SqliteFileDatabase(dataSource, timeoutMs);
}
