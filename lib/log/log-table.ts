import { AuthDatabaseError } from '../errors/database.errors.js';
import type { AuthDatabase, Row, Statement, Work } from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import type { AuthTables } from '../database/tables.js';

/** Where the revocation log of a realm is stored. */
export interface LogTable {
  readonly dialect: Dialect;
  readonly tables: AuthTables;
  readonly realm: string;
}

export interface RealmTables extends Omit<LogTable, 'dialect'> {
  readonly database: AuthDatabase;
}

/** The statement that reads columns of the deployment's row of `auth_state`. */
export function stateStatement(log: LogTable, columns: string, ending = ''): Statement {
  return {
    sql: `SELECT ${columns} FROM ${log.tables.state} WHERE realm = ${log.dialect.placeholder(1)}${ending}`,
    params: [log.realm],
  };
}

/**
 * A write that changes nothing. Work that writes in a caller's transaction begins with it.
 *
 * On SQLite a transaction may begin without a lock. If its work read first, others could commit before its first
 * write, and SQLite would refuse that write. If the caller has already read an older state, SQLite refuses here.
 */
export function* lockForWriting({ dialect, tables }: LogTable): Work<void> {
  if (dialect.changesMeet !== 'refusal') return;
  yield { sql: `UPDATE ${tables.state} SET realm = realm WHERE 1 = 0`, params: [] };
}

/** The deployment's row. Throws without one, because then no process reads the log. */
export function deploymentRow(row: Row | undefined): Row {
  if (row === undefined) {
    throw new AuthDatabaseError(
      'state_missing',
      'The auth_state table has no row for this realm. Run the migration of createAuthMigration().',
    );
  }
  return row;
}

/** How many keys one statement has. With more than 1000, MariaDB makes a join that may read the whole table. */
const CHUNK = 200;

export function chunks<T>(list: readonly T[], size = CHUNK): (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
