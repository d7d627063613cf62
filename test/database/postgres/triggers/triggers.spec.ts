import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { channelName } from '../../../../lib/freshness/wake-up/channel-name.js';
import { MASS_CHANGE } from '../../../../lib/database/postgres/triggers/triggers.js';
import { createAuthMigration } from '../../../../lib/migration/migration.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../../support/databases.js';
import {
  ENTITIES,
  OPTIONS,
  populate,
  told,
  Watch1764000000000,
} from '../../../log/triggers/support/world.js';

class Silent1764000000001 extends createAuthMigration({
  tables: false,
  watch: { options: OPTIONS, realm: 'silent', notify: false },
}) {}

/** Changes a user in a transaction that is prepared for two-phase commit, and then given up. */
async function prepare(dataSource: DataSource, id: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.query("UPDATE account SET status = status || '+' WHERE id = 1");
  try {
    await runner.query(`PREPARE TRANSACTION '${id}'`);
    await runner.query(`ROLLBACK PREPARED '${id}'`);
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
}

describeOnDatabases(() => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    dataSource = await database.connect({
      entities: ENTITIES,
      migrations: [Watch1764000000000],
      synchronize: true,
    });
    await dataSource.runMigrations();
    await populate(dataSource);
  });
  beforeEach(() => told(dataSource));
  afterAll(() => database?.drop());

  it('is written through a temporary table of the same name', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.query('CREATE TEMPORARY TABLE auth_revocation (LIKE public.auth_revocation)');
    await runner.query('CREATE TEMPORARY TABLE auth_state (LIKE public.auth_state)');
    await runner.query("UPDATE account SET status = 'a' WHERE id = 1");
    await runner.query('DROP TABLE pg_temp.auth_revocation, pg_temp.auth_state');
    await runner.release();
    expect(await told(dataSource)).toEqual(['subject s-alice']);
  });

  it('is written for a role that may write users and not the log', async () => {
    const role = `clerk_${database.url.slice(-16)}`;
    await dataSource.query(`CREATE ROLE ${role}`);
    await dataSource.query(`GRANT SELECT, UPDATE ON account TO ${role}`);
    try {
      await dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL ROLE ${role}`);
        await manager.query("UPDATE account SET status = 'b' WHERE id = 1");
      });
      expect(await told(dataSource)).toEqual(['subject s-alice']);
    } finally {
      await dataSource.query(`DROP OWNED BY ${role}`);
      await dataSource.query(`DROP ROLE ${role}`);
    }
  });

  it('is written while triggers are off for a session, as for replication', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL session_replication_role = replica');
      await manager.query("UPDATE account SET status = 'c' WHERE id = 1");
    });
    expect(await told(dataSource)).toEqual(['subject s-alice']);
  });

  it('has a row for TRUNCATE, which names no row', async () => {
    await dataSource.query('TRUNCATE account_roles');
    expect(await told(dataSource)).toEqual(['resync *']);
  });

  it('drops what is rolled back to a savepoint, and nothing else', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.query("UPDATE account SET status = 'd' WHERE id = 1");
      await manager.query('SAVEPOINT here');
      await manager.query('TRUNCATE account_roles');
      await manager.query('ROLLBACK TO here');
      await manager.query("UPDATE account SET status = 'd' WHERE id = 2");
    });
    expect(await told(dataSource)).toEqual(['subject s-alice', 'subject s-bob']);
  });

  it('has no further rows once a resync covers the whole transaction', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.query("UPDATE role SET name = name || '!'");
      await manager.query("UPDATE account SET status = 'e' WHERE id = 1");
    });
    expect(await told(dataSource)).toEqual(['resync *']);
    await dataSource.query("UPDATE account SET status = 'f' WHERE id = 1");
    expect(await told(dataSource)).toEqual(['subject s-alice']);
  });

  it('does not trust a session that claims to have written the row', async () => {
    const name = `nestjs_revocable_jwt.n${Buffer.from('jwt').toString('hex')}`;
    await dataSource.transaction(async (manager) => {
      const [row]: Record<string, unknown>[] = await manager.query(
        'SELECT pg_current_xact_id()::text AS id',
      );
      await manager.query(`SELECT set_config('${name}', $1, true)`, [
        `${String(row?.['id'])} 1 none`,
      ]);
      await manager.query("UPDATE account SET status = 'g' WHERE id = 1");
    });
    expect(await told(dataSource)).toEqual(['subject s-alice']);
  });

  it('has a bounded number of rows for a mass change', async () => {
    await dataSource.query(
      `INSERT INTO account (id, subject, email) SELECT n, 'm' || n, 'm' || n FROM generate_series(1000, ${1200 + MASS_CHANGE}) n`,
    );
    await dataSource.query("UPDATE account SET status = 'mass' WHERE id >= 1000");
    const rows = await told(dataSource);
    expect(rows).toHaveLength(MASS_CHANGE + 1);
    expect(rows).toContain('resync *');
    await dataSource.query('DELETE FROM account WHERE id >= 1000');
  });

  it('treats a new holder of a role as unknown if the transaction sees old rows', async () => {
    await dataSource.transaction('REPEATABLE READ', async (manager) => {
      await manager.query('INSERT INTO account_roles ("accountId", "roleId") VALUES (3, 2)');
    });
    expect(await told(dataSource)).toEqual(['resync *']);
  });

  it('wakes up the processes that listen, with a constant text', async () => {
    const heard: unknown[] = [];
    const runner = dataSource.createQueryRunner();
    const client: unknown = await runner.connect();
    if (typeof client !== 'object' || client === null) throw new Error('no client');
    const on: unknown = Reflect.get(client, 'on');
    if (typeof on !== 'function') throw new Error('no events');
    Reflect.apply(on, client, ['notification', (message: unknown) => heard.push(message)]);
    await runner.query(`LISTEN "${channelName('jwt')}"`);
    await runner.query("UPDATE account SET status = 'h'");
    await runner.query('SELECT 1');
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ channel: channelName('jwt'), payload: '' });
    await runner.query('UNLISTEN *');
    await runner.release();
  });

  describe('PREPARE TRANSACTION', () => {
    it('is refused after a NOTIFY, and not with notify: false', async () => {
      const [setting]: Record<string, unknown>[] = await dataSource.query(
        'SHOW max_prepared_transactions',
      );
      const allowed = Number(setting?.['max_prepared_transactions']) > 0;
      // The NOTIFY is objected to first; where the server allows no prepared transactions, next.
      await expect(prepare(dataSource, database.url.slice(-16))).rejects.toThrow(
        /NOTIFY|prepared transactions are disabled/,
      );
      const runner = dataSource.createQueryRunner();
      await new Watch1764000000000().down(runner);
      await new Silent1764000000001().up(runner);
      const notifying: unknown[] = await dataSource.query(
        "SELECT proname FROM pg_proc WHERE prosrc LIKE '%pg_notify%' AND proname LIKE 'auth%'",
      );
      expect(notifying).toEqual([]);
      const quiet = prepare(dataSource, database.url.slice(-16));
      if (allowed) await quiet;
      else await expect(quiet).rejects.toThrow(/prepared transactions are disabled/);
      await new Silent1764000000001().down(runner);
      await new Watch1764000000000().up(runner);
      await runner.release();
    });
  });
}, ['postgres']);
