import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../../errors/auth.errors.js';

/** The part of better-sqlite3's statement that is used here. */
export interface SqliteStatement {
  /** Whether it returns rows. */
  readonly reader: boolean;
  all(...params: unknown[]): unknown;
  run(...params: unknown[]): { readonly changes: number };
}

/** The part of better-sqlite3's connection that is used here. */
export interface SqliteHandle {
  /** Whether a transaction is open, of the library or of the application. */
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  pragma(pragma: string): unknown;
  close(): unknown;
}

/** The fields of TypeORM's driver, which its own types give as `any`. */
export interface SqliteDriver {
  /** The module that the DataSource uses: the default one or its `driver` option. */
  readonly sqlite: new (file: string, options: object) => SqliteHandle;
  /** The one connection of the DataSource. */
  readonly databaseConnection: SqliteHandle;
  /** Further files, by the names that entities use. */
  readonly attachedDatabases: Readonly<
    Record<string, { readonly attachFilepathAbsolute: string; readonly attachHandle: string }>
  >;
}

/** The driver of an initialized better-sqlite3 DataSource. */
export function sqliteDriver(dataSource: DataSource): SqliteDriver {
  const driver: unknown = dataSource.driver;
  if (isSqliteDriver(driver)) return driver;
  throw new AuthConfigurationError([
    'dataSource: its better-sqlite3 connection is not open. Initialize the DataSource before the application starts.',
  ]);
}

function isSqliteDriver(driver: unknown): driver is SqliteDriver {
  const { sqlite, attachedDatabases, databaseConnection } = Object(driver);
  return (
    typeof sqlite === 'function' &&
    typeof attachedDatabases === 'object' &&
    typeof Object(databaseConnection).inTransaction === 'boolean'
  );
}
