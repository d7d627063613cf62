import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { LogPage } from '../../../lib/log/log-page.js';
import { StoredLog } from '../../../lib/log/stored-log.js';
import { RevocationLog } from '../../../lib/log/revocation-log.js';
import type { AuthDatabase } from '../../../lib/database/database.js';
import { AUTH_ENTITIES } from '../../../lib/database/tables.js';
import { openAuthDatabase } from '../../support/open-database.js';
import { authTables } from '../../../lib/database/tables.js';
import type { TestDatabase } from '../../support/databases.js';

/** One process, as far as the log goes. */
export interface LogProcess {
  readonly source: DataSource;
  readonly database: AuthDatabase;
  readonly stored: StoredLog;
  readonly log: RevocationLog;
}

export async function logProcess(
  test: TestDatabase,
  { synchronize = false, pageSize = 2_000, realm = 'jwt' } = {},
): Promise<LogProcess> {
  const source = await test.connect({ entities: [...AUTH_ENTITIES], synchronize, poolSize: 4 });
  const database = openAuthDatabase(source);
  const tables = authTables(source, database.dialect);
  const log = new RevocationLog({ dialect: database.dialect, tables, realm });
  await database.transact(() => log.prepare('g', 'k', 60_000));
  return {
    source,
    database,
    log,
    stored: new StoredLog({ database, tables, realm, process: randomUUID(), pageSize }),
  };
}

/** The text of an INSERT of a row as triggers write it; gives its id too. */
export function insertion({
  id = randomUUID(),
  realm = 'jwt',
  kind = 'subject',
  ref = id,
  expiresAt = Date.now() + 60_000,
  seq = 'NULL',
  sequencedAt = 'NULL',
}: Partial<Record<'id' | 'realm' | 'kind' | 'ref', string>> & {
  readonly expiresAt?: number | 'NULL';
  readonly seq?: number | 'NULL';
  readonly sequencedAt?: number | 'NULL';
} = {}): { readonly id: string; readonly sql: string } {
  const sql =
    'INSERT INTO auth_revocation (id, realm, kind, ref, created_at, expires_at, seq, sequenced_at)' +
    ` VALUES ('${id}', '${realm}', '${kind}', '${ref}', ${Date.now()}, ${expiresAt}, ${seq}, ${sequencedAt})`;
  return { id, sql };
}

export const idsOf = (rows: LogPage['numbered']): string[] => rows.map(({ id }) => id);
