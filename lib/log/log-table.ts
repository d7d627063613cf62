import type { AuthDatabase, Row, Statement } from '../database/database.js';
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

/** The deployment's row. Throws without one, because then no process reads the log. */
export function deploymentRow(row: Row | undefined): Row {
  if (row === undefined) throw new Error('The auth_state table has no row for this realm.');
  return row;
}

/** Keys in one statement. With more than 1000, MariaDB makes a join that may read the whole table. */
const CHUNK = 200;

export function chunks<T>(list: readonly T[], size = CHUNK): (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
