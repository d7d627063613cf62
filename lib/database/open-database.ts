import type { DataSource } from 'typeorm';
import type { AuthDatabase } from './database.js';
import { dialectOf } from './dialect-of.js';
import { PooledDatabase } from './pooled.database.js';
import { SqliteFileDatabase } from './sqlite-file.database.js';
import { SqliteMemoryDatabase } from './sqlite-memory.database.js';
import { mainFile } from './sqlite/open-own.js';
import { guardConnectionErrors } from './connection-errors.js';
import { openOwnPool } from './own-pool.js';

export interface AuthDatabaseOptions {
  /**
   * How long a locked SQLite database is waited for, in milliseconds; elsewhere, how long a statement
   * may take before its connection is given up, and how long lost transactions are begun anew.
   * Default 5000.
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
  if (dialect.name !== 'sqlite') {
    if (dialect.name === 'postgres') guardConnectionErrors(dataSource);
    const own = () => openOwnDatabase(dataSource, { timeoutMs });
    return new PooledDatabase(dialect, dataSource, timeoutMs, undefined, own);
  }
  return mainFile(dataSource) === undefined
    ? new SqliteMemoryDatabase(dataSource, timeoutMs)
    : new SqliteFileDatabase(dataSource, timeoutMs);
}

/**
 * Connections of a database of the library's own. Of those that follow the log, one reads it, one
 * numbers its rows or answers.
 */
const OWN_CONNECTIONS = 2;

/**
 * The same database through connections of its own, apart from the pool that requests share: who
 * follows the log must not wait behind slow queries of the application, or its memory runs out of
 * trust just when the database has the most to do; nor may a transaction wait for a second connection
 * of the pool that it holds one of. SQLite's are the library's own in any case.
 *
 * Closed by whoever opened it.
 */
export async function openOwnDatabase(
  dataSource: DataSource,
  { timeoutMs }: Required<AuthDatabaseOptions>,
): Promise<AuthDatabase> {
  const { options } = dataSource;
  if (options.type !== 'postgres' && options.type !== 'mysql' && options.type !== 'mariadb') {
    return openAuthDatabase(dataSource, { timeoutMs });
  }
  const given: object = Object(options.extra);
  // How the drivers themselves call it, which would go before what TypeORM calls it. A connection that
  // cannot be made keeps its place in the pool until it is given up: with pg, for ever by default.
  const size =
    options.type === 'postgres'
      ? { max: OWN_CONNECTIONS, min: 0, connectionTimeoutMillis: timeoutMs }
      : { connectionLimit: OWN_CONNECTIONS, connectTimeout: timeoutMs };
  // Where it is, who may enter and how it is spoken to are the application's to say; nothing else is.
  const own = await openOwnPool(
    {
      ...options,
      entities: [],
      subscribers: [],
      migrations: [],
      synchronize: false,
      migrationsRun: false,
      dropSchema: false,
      cache: false,
      poolSize: OWN_CONNECTIONS,
      extra: { ...given, ...size },
    },
    timeoutMs,
  );
  return new PooledDatabase(dialectOf(dataSource), own, timeoutMs, () => own.destroy());
}
