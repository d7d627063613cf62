import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../../errors/auth.errors.js';

/** As much of better-sqlite3's statement as is used here. */
export interface SqliteStatement {
  /** Whether it gives rows. */
  readonly reader: boolean;
  all(...params: unknown[]): unknown;
  run(...params: unknown[]): { readonly changes: number };
}

/** As much of better-sqlite3's connection as is used here. */
export interface SqliteHandle {
  /** Whether a transaction is open, whoever opened it. */
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  pragma(pragma: string): unknown;
  close(): unknown;
}

/** better-sqlite3 itself. */
export type SqliteModule = new (file: string, options: object) => SqliteHandle;

/** What TypeORM's driver holds; its own types say `any`. */
export interface SqliteDriver {
  /** The module that the DataSource uses, be it the default or its `driver` option. */
  readonly sqlite: SqliteModule;
  /** The one connection of the DataSource. */
  readonly databaseConnection: SqliteHandle;
  /** Further files, by which entities name them. */
  readonly attachedDatabases: Readonly<Record<string, AttachedDatabase>>;
}

interface AttachedDatabase {
  readonly attachFilepathAbsolute: string;
  readonly attachHandle: string;
}

/** The driver of an initialized better-sqlite3 DataSource. */
export function sqliteDriver(dataSource: DataSource): SqliteDriver {
  const driver: unknown = dataSource.driver;
  if (isSqliteDriver(driver)) return driver;
  throw new AuthConfigurationError([
    'dataSource: its better-sqlite3 connection is not open; initialize the DataSource before the application starts.',
  ]);
}

function isSqliteDriver(driver: unknown): driver is SqliteDriver {
  return (
    typeof driver === 'object' &&
    driver !== null &&
    'sqlite' in driver &&
    typeof driver.sqlite === 'function' &&
    'attachedDatabases' in driver &&
    'databaseConnection' in driver &&
    typeof driver.databaseConnection === 'object' &&
    driver.databaseConnection !== null &&
    'inTransaction' in driver.databaseConnection
  );
}
