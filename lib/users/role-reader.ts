import type { Column } from '../database/database.js';
import type { RowLink } from '../database/triggers/watched-tables.js';

/** How the statement that reads auth state also reads the roles. */
export type RoleReader =
  | { readonly kind: 'none' }
  /** A column of the user table. Its value is what the entity would have. */
  | { readonly kind: 'column'; readonly column: Column }
  /** A correlated subquery that gives a JSON array of one-element arrays. */
  | {
      readonly kind: 'subquery';
      sql(user: string): string;
      /** The other tables that it reads. All names are the database's. */
      readonly tables: readonly RoleTable[];
      /** The columns of the user table that lead to the first of these tables. */
      readonly userColumns: readonly string[];
    };

/** A table, and its columns, that the roles depend on. */
export interface RoleTable {
  readonly path: readonly string[];
  readonly columns: readonly string[];
  /** The columns by which its rows refer to a user; `undefined`: they do not refer to one directly. */
  readonly holder: readonly RowLink[] | undefined;
  /** Whether a new row can change a user's roles. A row that no other row refers to yet cannot. */
  readonly linksRoles: boolean;
}
