import type { AuthDatabase } from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import type { AuthTables } from '../database/tables.js';

/** Access to the tables of a realm. */
export interface RealmTables {
  readonly database: AuthDatabase;
  readonly tables: AuthTables;
  readonly realm: string;
}

/** Where the revocation log of a realm is stored. */
export interface LogTable {
  readonly dialect: Dialect;
  readonly tables: AuthTables;
  /** The realm of the AuthModule. */
  readonly realm: string;
}

/** Keys in one statement. With more than 1000, MariaDB makes a join that may read the whole table. */
const CHUNK = 200;

/** Splits the list into parts of at most `size`. */
export function chunks<T>(list: readonly T[], size = CHUNK): (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
