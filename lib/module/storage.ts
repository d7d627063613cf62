import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { StateQuery } from '../freshness/state-query.js';
import { refuseUncommittedReads } from '../database/uncommitted-reads.js';
import type { Settings } from '../options/settings.js';
import { RevocationLog } from '../log/revocation-log.js';
import type { AuthDatabase } from '../database/database.js';
import { poolAdvice } from '../database/pool-advice.js';
import { refuseReplica, ReplicaError } from '../database/replica.js';
import { newSecret } from '../database/random.js';
import { type AuthTables, authTables } from '../database/tables.js';
import { SessionTable } from '../sessions/session-table.js';

/** The database of an instance, and what reads and writes it. */
export interface Storage {
  readonly realm: string;
  readonly dataSource: DataSource;
  readonly database: AuthDatabase;
  readonly tables: AuthTables;
  readonly query: StateQuery;
  readonly log: RevocationLog;
  readonly sessionTable: SessionTable;
}

/**
 * Makes the deployment's row, and runs the statement of every decision once.
 *
 * @throws AuthConfigurationError a table or a column is missing, or the server is a replica
 */
export async function openStorage(
  realm: string,
  dataSource: DataSource,
  database: AuthDatabase,
  settings: Settings,
): Promise<Storage> {
  const advice = poolAdvice(dataSource);
  if (advice !== undefined) new Logger('AuthModule').warn(advice);
  const tables = authTables(dataSource, database.dialect);
  const query = new StateQuery(dataSource, database.dialect, {
    realm,
    user: settings.user,
    watched: settings.watched,
    roles: settings.roleReader,
    permissions: settings.permissions,
    tables,
  });
  const log = new RevocationLog(database, tables, realm);
  const sessionTable = new SessionTable(database, tables, realm);
  await requirePrimary(database);
  await refuseUncommittedReads(database);
  await prepare(database, log, query, settings);
  if (settings.sessions !== undefined) await probe(database, sessionTable);
  return { realm, dataSource, database, tables, query, log, sessionTable };
}

async function requirePrimary(database: AuthDatabase): Promise<void> {
  const sql = `SELECT ${database.dialect.isReplica} AS replica`;
  try {
    await database.read({ sql, params: [] }, refuseReplica);
  } catch (cause) {
    if (!(cause instanceof ReplicaError)) throw cause;
    throw new AuthConfigurationError(
      [
        'dataSource: it is connected to a server that only follows another one (PostgreSQL in recovery, MySQL or MariaDB with read_only), which may not know yet of what was revoked; give it the address of the primary.',
      ],
      { cause },
    );
  }
}

async function prepare(
  database: AuthDatabase,
  log: RevocationLog,
  query: StateQuery,
  { tokens }: Settings,
): Promise<void> {
  const longest = Math.max(
    tokens.lifeSeconds * 1000,
    (tokens.renewal?.maxAgeSeconds ?? 0) * 1000,
    // What denies a token from before must outlive it, however long it lives.
    (tokens.adoptsUntilMs ?? 0) - Date.now(),
  );
  try {
    await database.transact(() => log.prepare(newSecret(), newSecret(), longest));
    query.answers(await database.read(query.statement([])), []);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new AuthConfigurationError(
      [
        `database: auth state cannot be read: ${said}. Run the migration that createAuthMigration() makes, check that the user table has every mapped column, and that this role may read both.`,
      ],
      { cause },
    );
  }
}

async function probe(database: AuthDatabase, table: SessionTable): Promise<void> {
  try {
    await database.read(table.probe());
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new AuthConfigurationError(
      [
        `sessions: the table auth_session cannot be read: ${said}. Run the migration that createAuthMigration() makes, and grant this role SELECT, INSERT, UPDATE and DELETE on the table.`,
      ],
      { cause },
    );
  }
}
