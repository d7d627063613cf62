import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthDatabase } from '../../../lib/database/database.js';
import { createAuthMigration } from '../../../lib/migration/migration.js';
import { planOf, authTriggersSql } from '../../../lib/migration/auth-triggers.js';
import { openAuthDatabase } from '../../support/open-database.js';
import { coverage } from '../../../lib/log/triggers/coverage.js';
import type { WatchedOptions } from '../../../lib/options/watched.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import {
  ENTITIES,
  OPTIONS,
  populate,
  type Row,
  told,
  Watch1764000000000,
} from './support/world.js';

/** What a later version of the application watches. */
const MORE: WatchedOptions = {
  ...OPTIONS,
  jwt: { deriveKeyFrom: ['passwordHash', 'nickname'] },
};
class WatchMore1764000000001 extends createAuthMigration({
  tables: false,
  watch: { options: MORE },
}) {}

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let auth: AuthDatabase;

  const seen = (options = OPTIONS, realm = 'jwt') =>
    coverage(auth, dataSource, planOf(dataSource, { options, realm }));
  const problems = async (options = OPTIONS, realm = 'jwt') =>
    (await seen(options, realm)).problems;
  const migrate = async (
    migration: new () => InstanceType<typeof WatchMore1764000000001>,
    way: 'up' | 'down',
  ) => {
    const runner = dataSource.createQueryRunner();
    await new migration()[way](runner);
    await runner.release();
  };
  const watchingSince = async () => {
    const [row]: Row[] = await dataSource.query(
      "SELECT watching_since AS since FROM auth_state WHERE realm = 'jwt'",
    );
    return row?.['since'];
  };
  const triggers = async () => {
    const sql = {
      sqlite: "SELECT name FROM sqlite_master WHERE type = 'trigger'",
      postgres: 'SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal',
      mariadb:
        'SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS place FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
    }[kind];
    const rows: Row[] = await dataSource.query(sql);
    return rows.map(({ name }) => String(name)).sort();
  };
  const drop = (name: string) =>
    dataSource.query(`DROP TRIGGER ${name}${kind === 'postgres' ? ' ON account' : ''}`);

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.connect({ entities: ENTITIES, synchronize: true });
    auth = openAuthDatabase(dataSource);
    await populate(dataSource);
  });
  beforeEach(() => migrate(Watch1764000000000, 'up'));
  afterEach(() => migrate(Watch1764000000000, 'down'));
  afterAll(async () => {
    await auth?.close();
    await database?.drop();
  });

  it('finds everything watched after the migration, and nothing after down()', async () => {
    expect(await problems()).toEqual([]);
    expect(Number(await watchingSince())).toBeGreaterThan(Date.now() - 60_000);
    await migrate(Watch1764000000000, 'down');
    expect(await triggers()).toEqual([]);
    expect(await watchingSince()).toBeNull();
    const found = await problems();
    expect(found.length).toBeGreaterThanOrEqual(9);
    for (const problem of found)
      expect(problem).toMatch(/there is no trigger.*createAuthMigration/);
  });

  it('misses every single trigger that is dropped', async () => {
    const before = await triggers();
    for (const name of before.filter(
      (one) => one.startsWith('auth_account_') && !/roles/.test(one),
    )) {
      // oxlint-disable no-await-in-loop
      await drop(name);
      expect(await problems(), name).toHaveLength(1);
      await migrate(Watch1764000000000, 'up');
      expect(await triggers()).toEqual(before);
      // oxlint-enable no-await-in-loop
    }
  });

  it('names the columns that an older plan does not watch', async () => {
    const found = await problems(MORE);
    expect(found.length).toBeGreaterThan(0);
    for (const problem of found) expect(problem).toContain('no trigger watches nickname.');
  });

  it('is content with a newer plan that watches more', async () => {
    await migrate(WatchMore1764000000001, 'up');
    await migrate(Watch1764000000000, 'down');
    expect(await problems()).toEqual([]);
    expect(await problems(MORE)).toEqual([]);
    expect(await watchingSince()).not.toBeNull();
    await migrate(WatchMore1764000000001, 'down');
    expect(await watchingSince()).toBeNull();
  });

  it('is not content with the triggers of another realm', async () => {
    const found = await problems(OPTIONS, 'admin');
    expect(found[0]).toContain('for the realm "admin"');
  });

  it('does not change existing triggers when a migration is run again', async () => {
    const since = Number(await watchingSince());
    const before = await triggers();
    await migrate(Watch1764000000000, 'up');
    expect(await triggers()).toEqual(before);
    expect(Number(await watchingSince())).toBeGreaterThanOrEqual(since);
  });

  it('completes a migration that failed half-way', async () => {
    const before = await triggers();
    const some = before.filter((name) =>
      /^auth_account_(update|delete|insert)_[0-9a-f]{12}$/.test(name),
    );
    expect(some).toHaveLength(3);
    for (const name of some) {
      // oxlint-disable-next-line no-await-in-loop
      await drop(name);
    }
    await migrate(Watch1764000000000, 'up');
    expect(await triggers()).toEqual(before);
  });

  it('prints the SQL that the migration runs', async () => {
    await migrate(Watch1764000000000, 'down');
    const runner = dataSource.createQueryRunner();
    for (const statement of await authTriggersSql(dataSource, { options: OPTIONS })) {
      // oxlint-disable-next-line no-await-in-loop
      await runner.query(statement);
    }
    await runner.release();
    expect(await problems()).toEqual([]);
  });

  it('accepts names that are SQL keywords', async () => {
    const realm = `o'brien $auth$ "x" */ -- %41`;
    const watch = { options: OPTIONS, realm };
    class Odd1764000000002 extends createAuthMigration({ tables: false, watch }) {}
    await migrate(Odd1764000000002, 'up');
    expect(await problems(OPTIONS, realm)).toEqual([]);
    await told(dataSource);
    await dataSource.query("UPDATE account SET status = 'odd' WHERE id = 1");
    const rows: Row[] = await dataSource.query('SELECT realm FROM auth_revocation');
    expect(rows.map(({ realm }) => realm).sort()).toEqual(['jwt', realm]);
    await migrate(Odd1764000000002, 'down');
    await dataSource.query("UPDATE account SET status = 'active'");
  });

  it('shows that triggers were created again between two checks, and nothing else', async () => {
    const { made } = await seen();
    await dataSource.query("UPDATE account SET nickname = 'x', status = 'off' WHERE id = 1");
    // Which makes none of those that are there.
    await migrate(Watch1764000000000, 'up');
    expect((await seen()).made).toBe(made);
    // MySQL and MariaDB tell when a trigger was made to the hundredth of a second.
    await sleep(20);
    await migrate(Watch1764000000000, 'down');
    await migrate(Watch1764000000000, 'up');
    const anew = await seen();
    expect([anew.problems, anew.made === made]).toEqual([[], false]);
  });

  it('refuses to watch a table that is not there', async () => {
    const roles = { joinTable: 'nowhere', userColumn: 'u', roleColumn: 'r' };
    const options = { ...OPTIONS, user: { ...OPTIONS.user, roles } };
    await expect(problems(options)).rejects.toThrow(/There is no table "nowhere"/);
  });

  describe.runIf(kind === 'postgres')('on PostgreSQL', () => {
    it.each(['DISABLE', 'ENABLE'])('sees a trigger after %s TRIGGER ALL', async (state) => {
      await dataSource.query(`ALTER TABLE account ${state} TRIGGER USER`);
      const found = await problems();
      expect(found).toHaveLength(4);
      for (const problem of found) expect(problem).toContain('is not enabled always');
      await migrate(Watch1764000000000, 'up');
      expect(await problems()).toEqual([]);
    });

    it('shows that a trigger was switched off between two checks', async () => {
      const { made } = await seen();
      const [name] = (await triggers()).filter((one) => one.startsWith('auth_account_update'));
      for (const state of ['DISABLE', 'ENABLE ALWAYS']) {
        await dataSource.query(`ALTER TABLE account ${state} TRIGGER "${String(name)}"`);
      }
      const after = await seen();
      expect([after.problems, after.made === made]).toEqual([[], false]);
    });

    it('sees a function that has lost its rights', async () => {
      const [name] = (await triggers()).filter((one) => one.startsWith('auth_account_update'));
      await dataSource.query(`ALTER FUNCTION "${String(name)}"() SECURITY INVOKER`);
      expect(await problems()).toHaveLength(1);
      await migrate(Watch1764000000000, 'up');
      expect(await problems()).toEqual([]);
    });
  });

  describe.runIf(kind === 'sqlite')('on SQLite', () => {
    it('sees that TypeORM built the table again', async () => {
      const runner = dataSource.createQueryRunner();
      const table = await runner.getTable('account');
      const column = table?.findColumnByName('nickname');
      if (table === undefined || column === undefined) throw new Error('no column');
      const wider = column.clone();
      wider.length = '150';
      await runner.changeColumn(table, column, wider);
      await runner.release();
      expect((await problems()).length).toBeGreaterThanOrEqual(5);
      await migrate(Watch1764000000000, 'up');
      expect(await problems()).toEqual([]);
    });

    it('misses a unique key that came later', async () => {
      await dataSource.query('CREATE UNIQUE INDEX later ON account (nickname)');
      expect((await problems()).length).toBe(2);
      await dataSource.query('DROP INDEX later');
      await dataSource.query('CREATE UNIQUE INDEX later ON account (lower(nickname))');
      await expect(problems()).rejects.toThrow(/unique index "later" on an expression/);
      await dataSource.query('DROP INDEX later');
    });
  });

  describe.runIf(kind === 'mariadb')('on MariaDB', () => {
    it('misses a cascade that came later', async () => {
      await dataSource.query('CREATE TABLE planet (id int PRIMARY KEY) ENGINE = InnoDB');
      await dataSource.query(
        'ALTER TABLE country ADD COLUMN planet int, ADD CONSTRAINT on_planet FOREIGN KEY (planet) REFERENCES planet (id) ON DELETE CASCADE',
      );
      const [problem, ...others] = await problems();
      expect(problem).toContain('"planet" (cascade delete)');
      expect(others).toEqual([]);
      await dataSource.query('ALTER TABLE country DROP CONSTRAINT on_planet, DROP COLUMN planet');
      await dataSource.query('DROP TABLE planet');
    });

    it('answers with one row for each account when rows refer to each other in a circle', async () => {
      await dataSource.query(
        'ALTER TABLE account ADD COLUMN boss int, ADD CONSTRAINT has_boss FOREIGN KEY (boss) REFERENCES account (id) ON DELETE CASCADE',
      );
      await dataSource.query('UPDATE account SET boss = 1 WHERE id = 2');
      await migrate(Watch1764000000000, 'up');
      await told(dataSource);
      await dataSource.query('DELETE FROM account WHERE id = 1');
      expect(new Set(await told(dataSource))).toEqual(new Set(['resync *', 'subject s-alice']));
      await migrate(Watch1764000000000, 'down');
      await dataSource.query('ALTER TABLE account DROP CONSTRAINT has_boss, DROP COLUMN boss');
      await dataSource.query('DELETE FROM account');
      await dataSource.query('DELETE FROM country');
      await populate(dataSource);
    });

    it('refuses a table without transactions', async () => {
      await migrate(Watch1764000000000, 'down');
      await dataSource.query('CREATE TABLE flat (u varchar(64), r varchar(64)) ENGINE = MyISAM');
      const roles = { joinTable: 'flat', userColumn: 'u', roleColumn: 'r' };
      const options = { ...OPTIONS, user: { ...OPTIONS.user, roles } };
      await expect(problems(options)).rejects.toThrow(/"flat" has the engine MyISAM/);
      await dataSource.query('DROP TABLE flat');
    });

    it('is known by its name to a user who may not see the code of triggers', async () => {
      const url = new URL(database.url);
      const [name, user] = [url.pathname.slice(1), `clerk_${url.pathname.slice(-16)}`];
      await dataSource.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'p'`);
      try {
        await dataSource.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name}.* TO ${user}@'%'`);
        [url.username, url.password] = [user, 'p'];
        const clerk = new DataSource({ type: 'mariadb', url: url.href, entities: ENTITIES });
        await clerk.initialize();
        const problemsOf = async (options: WatchedOptions) => {
          const plan = planOf(clerk, { options, notify: false });
          return (await coverage(openAuthDatabase(clerk), clerk, plan)).problems;
        };
        expect(await problemsOf(OPTIONS)).toEqual([]);
        expect((await problemsOf(MORE))[0]).toContain('grant TRIGGER');
        // The keys that cascade are shown too, or what comes from a parent would not be missed.
        await dataSource.query(
          `DROP TRIGGER ${(await triggers()).find((one) => one.startsWith('auth_country'))}`,
        );
        expect(await problemsOf(OPTIONS)).toHaveLength(1);
        await clerk.destroy();
      } finally {
        await dataSource.query(`DROP USER ${user}@'%'`);
      }
    });

    it('does not block others while a transaction is open', async () => {
      await dataSource.transaction(async (manager) => {
        await manager.query("UPDATE account SET status = 'long' WHERE id = 1");
        await manager.query("INSERT INTO account (id, subject, email) VALUES (8, 's-new', 'n')");
        await dataSource.transaction(async (other) => {
          await other.query('SET innodb_lock_wait_timeout = 1');
          await other.query("UPDATE auth_state SET generation = 'next'");
          await other.query("UPDATE account SET status = 'short' WHERE id = 3");
          await other.query("INSERT INTO account (id, subject, email) VALUES (9, 's-other', 'o')");
        });
      });
      await dataSource.query('DELETE FROM account WHERE id > 3');
    });
  });
});
