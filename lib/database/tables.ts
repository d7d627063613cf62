import type { DataSource } from 'typeorm';
import type { Dialect } from './dialect.js';
import { LOG_HEAD, PROCESS, REVOCATION, STATE } from './tables/log.tables.js';
import { SESSION } from './tables/session.table.js';

/** In the order in which the migration makes them. */
export const TABLES = [REVOCATION, STATE, LOG_HEAD, PROCESS, SESSION] as const;

/**
 * The library's tables as entities. TypeORM then makes them with `synchronize`, and `migration:generate` knows
 * them. Other applications use `createAuthMigration`.
 */
export const AUTH_ENTITIES = TABLES.map(({ entity }) => entity);

/** The library's tables in SQL, quoted and in the schema of the DataSource. */
export interface AuthTables {
  readonly revocation: string;
  readonly state: string;
  readonly logHead: string;
  readonly process: string;
  readonly session: string;
}

/** The names of the tables, where the migration made them: in the DataSource's own schema, if it names one. */
export function authTables(dataSource: DataSource, dialect: Dialect): AuthTables {
  const quoted = ({ name }: { readonly name: string }) =>
    dialect.quote(...pathOf(dataSource, name));
  return {
    revocation: quoted(REVOCATION),
    state: quoted(STATE),
    logHead: quoted(LOG_HEAD),
    process: quoted(PROCESS),
    session: quoted(SESSION),
  };
}

/** The path of a table: with the DataSource's own schema, if it names one. */
export function pathOf({ options }: DataSource, table: string): readonly string[] {
  return 'schema' in options && typeof options.schema === 'string'
    ? [options.schema, table]
    : [table];
}
