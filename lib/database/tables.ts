import type { DataSource } from 'typeorm';
import type { Dialect } from './dialect.js';

/** The library's tables, quoted and in the schema of the DataSource. */
export interface AuthTables {
  readonly revocation: string;
  readonly state: string;
  /** How far the log has been numbered and deleted. */
  readonly logHead: string;
  /** The processes that follow the log. */
  readonly process: string;
  /** Sign-ins with their refresh tokens. */
  readonly session: string;
}

/** Names the tables where the migration made them: in the DataSource's own schema, if it names one. */
export function authTables(dataSource: DataSource, dialect: Dialect): AuthTables {
  const { options } = dataSource;
  const schema = 'schema' in options && typeof options.schema === 'string' ? [options.schema] : [];
  return {
    revocation: dialect.quote(...schema, 'auth_revocation'),
    state: dialect.quote(...schema, 'auth_state'),
    logHead: dialect.quote(...schema, 'auth_log_head'),
    process: dialect.quote(...schema, 'auth_process'),
    session: dialect.quote(...schema, 'auth_session'),
  };
}
