import { AuthConfigurationError, KeyRingError } from '../errors/auth.errors.js';
import { ReplicaError } from '../errors/database.errors.js';
import { errorOf } from '../errors/error-of.js';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { adapterOf } from '../database/adapters.js';
import type { AuthDatabase } from '../database/database.js';
import { newSecret } from '../log/deployment-row.js';
import { refuseReplica } from '../database/faults.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { Settings } from '../options/settings.js';
import type { SessionTable } from '../sessions/session-table.js';
import type { KeyMaterial } from '../tokens/keys/signature.js';
import type { KeySource } from '../tokens/keys/key-source.js';

/**
 * The keys to start with.
 *
 * @throws AuthConfigurationError they cannot be loaded
 */
export async function firstKeys(source: KeySource): Promise<readonly KeyMaterial[]> {
  if (source.given !== undefined) return source.given;
  try {
    return await source.load();
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    throw new AuthConfigurationError(error.problems, { cause: error.cause });
  }
}

/**
 * Runs the statements of every later decision once, and makes the deployment's row.
 *
 * @throws AuthConfigurationError the server is a replica, or a table, a column or a grant is missing
 */
export async function checkDatabase(
  dataSource: DataSource,
  {
    database,
    log,
    query,
    sessionTable,
  }: {
    readonly database: AuthDatabase;
    readonly log: RevocationLog;
    readonly query: StateQuery;
    readonly sessionTable: SessionTable;
  },
  settings: Settings,
): Promise<void> {
  const adapter = adapterOf(dataSource);
  const advice = adapter.poolAdvice?.(dataSource);
  if (advice !== undefined) new Logger('AuthModule').warn(advice);
  await requirePrimary(database);
  await adapter.refuseUncommittedReads?.(database);
  await explained(
    (said) =>
      `database: auth state cannot be read: ${said}. Run the migration of createAuthMigration() (with synchronize: list ...AUTH_ENTITIES in entities), make sure that the users table has every mapped column, and grant this role the right to read both.`,
    async () => {
      await database.transact(() => log.prepare(newSecret(), newSecret(), longestLife(settings)));
      query.answers(await database.read(query.statement([])), []);
    },
  );
  if (settings.sessions === undefined) return;
  await explained(
    (said) =>
      `sessions: the table auth_session cannot be read: ${said}. Run the migration of createAuthMigration(), and grant this role SELECT, INSERT, UPDATE and DELETE on the table.`,
    () => database.read(sessionTable.probe()),
  );
}

async function requirePrimary(database: AuthDatabase): Promise<void> {
  const sql = `SELECT ${database.dialect.isReplica} AS replica`;
  try {
    await database.read({ sql, params: [] }, refuseReplica);
  } catch (cause) {
    if (!(cause instanceof ReplicaError)) throw cause;
    throw new AuthConfigurationError(
      [
        'dataSource: it is connected to a replica (PostgreSQL in recovery, MySQL or MariaDB with read_only), which may lag behind and not know of a revocation yet. Connect it to the primary.',
      ],
      { cause },
    );
  }
}

/** How long a token may be accepted, in milliseconds. What revokes a token must be kept for longer. */
function longestLife({ tokens }: Settings): number {
  return Math.max(
    tokens.lifeSeconds * 1000,
    (tokens.renewal?.maxAgeSeconds ?? 0) * 1000,
    // Adopted tokens carry an expiry of their own, which may be later.
    (tokens.adoptsUntilMs ?? 0) - Date.now(),
  );
}

async function explained(
  problem: (said: string) => string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const said = errorOf(cause).message;
    throw new AuthConfigurationError([problem(said)], { cause });
  }
}
