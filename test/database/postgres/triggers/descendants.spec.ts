/** PostgreSQL: what partitions and children keep from the triggers of a table, and that it is refused. */
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TriggerWatch } from '../../../../lib/freshness/tracked/trigger-watch.js';
import type { AuthDatabase } from '../../../../lib/database/database.js';
import { authTriggersSql, planOf } from '../../../../lib/migration/auth-triggers.js';
import { createAuthMigration } from '../../../../lib/migration/migration.js';
import { openAuthDatabase } from '../../../support/open-database.js';
import { coverage } from '../../../../lib/log/triggers/coverage.js';
import type { WatchedOptions } from '../../../../lib/options/watched.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../../support/databases.js';
import { ENTITIES, OPTIONS, populate, told } from '../../../log/triggers/support/world.js';

const WITH_SESSIONS: WatchedOptions = { ...OPTIONS, sessions: {} };
class Watch1764000000003 extends createAuthMigration({
  tables: false,
  watch: { options: WITH_SESSIONS },
}) {}

const ROLES = 'CREATE TABLE account_roles ("accountId" integer, "roleId" integer)';
const HALF = (n: number) => `FOR VALUES WITH (MODULUS 2, REMAINDER ${n})`;
/** The join table anew, in two partitions. */
const PARTITIONED = [
  'DROP TABLE account_roles',
  `${ROLES} PARTITION BY HASH ("accountId")`,
  `CREATE TABLE roles_even PARTITION OF account_roles ${HALF(0)}`,
  `CREATE TABLE roles_odd PARTITION OF account_roles ${HALF(1)}`,
];

describeOnDatabases(() => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let auth: AuthDatabase;

  const look = () =>
    coverage(auth, dataSource, planOf(dataSource, { options: WITH_SESSIONS, realm: 'jwt' }));
  const problems = async () => (await look()).problems;
  const migrate = async (way: 'up' | 'down') => {
    const runner = dataSource.createQueryRunner();
    try {
      await new Watch1764000000003()[way](runner);
    } finally {
      await runner.release();
    }
  };
  const run = async (...statements: string[]) => {
    // oxlint-disable-next-line no-await-in-loop
    for (const statement of statements) await dataSource.query(statement);
  };

  beforeEach(async () => {
    database = await createTestDatabase('postgres');
    dataSource = await database.connect({ entities: ENTITIES, synchronize: true });
    auth = openAuthDatabase(dataSource);
    await populate(dataSource);
  });
  afterEach(async () => {
    await auth.close();
    await database.drop();
  });

  describe('a partitioned table', () => {
    beforeEach(() => run(...PARTITIONED));

    it('is refused, once and by its name, before there are triggers', async () => {
      const found = await problems();
      expect(found.filter((problem) => problem.includes('account_roles'))).toEqual([
        expect.stringMatching(/"public\.account_roles" is partitioned.*freshness\.mode to strict/),
      ]);
      expect(found.filter((problem) => /"public.account" \(/.test(problem))).not.toEqual([]);
    });

    it('is refused with all its triggers, which a TRUNCATE of a partition does not fire', async () => {
      // As somebody does who runs the SQL by hand and goes on after an error.
      for (const statement of await authTriggersSql(dataSource, { options: WITH_SESSIONS })) {
        // oxlint-disable-next-line no-await-in-loop
        if (!statement.startsWith('DO ')) await run(statement);
      }
      await run('INSERT INTO account_roles VALUES (1, 1)');
      await told(dataSource);
      await run('TRUNCATE roles_even, roles_odd');
      expect(await told(dataSource)).toEqual([]);
      await run('ALTER TABLE roles_even DISABLE TRIGGER USER');
      expect(await problems()).toEqual([expect.stringContaining('is partitioned')]);
    });

    it('is refused by the migration, and by the SQL that is printed', async () => {
      await expect(migrate('up')).rejects.toThrow(/"public\.account_roles" is partitioned/);
      const printed = await authTriggersSql(dataSource, { options: WITH_SESSIONS });
      const [refusal] = printed.filter((statement) => statement.startsWith('DO '));
      await expect(run(String(refusal))).rejects.toThrow(/is partitioned/);
      await migrate('down');
    });
  });

  describe('children', () => {
    beforeEach(() => migrate('up'));

    it('are refused, for their rows change without a trigger of their parent', async () => {
      expect(await problems()).toEqual([]);
      await run(
        'CREATE TABLE "old account" () INHERITS (account)',
        `INSERT INTO "old account" (id, subject, email) VALUES (9, 's-old', 'o')`,
      );
      await told(dataSource);
      await run("UPDATE account SET status = 'off' WHERE id = 9");
      expect(await told(dataSource)).toEqual([]);
      expect(await problems()).toEqual([
        expect.stringMatching(
          /"public\.account" has the child "old account".*ALTER TABLE "old account" NO INHERIT "public"\."account"/,
        ),
      ]);
      await run('ALTER TABLE "old account" NO INHERIT "public"."account"');
      expect(await problems()).toEqual([]);
    });

    it.each(['role', 'account_roles', 'auth_session'])('of %s are as well', async (table) => {
      await run(`CREATE TABLE child () INHERITS (${table})`);
      expect(await problems()).toEqual([
        expect.stringContaining(`"public.${table}" has the child child,`),
      ]);
      // What is there can be taken away nevertheless.
      await migrate('down');
      expect((await problems()).length).toBeGreaterThan(9);
    });

    it.each(['country', 'auth_revocation'])(
      'of %s, which has no trigger, are not',
      async (table) => {
        await run(`CREATE TABLE child () INHERITS (${table})`);
        expect(await problems()).toEqual([]);
      },
    );

    it('are found even if they came and went between two checks', async () => {
      const { made } = await look();
      await run('CREATE TABLE child () INHERITS (account)');
      await run('ALTER TABLE child NO INHERIT account');
      const after = await look();
      expect([after.problems, after.made === made]).toEqual([[], false]);
    });

    it('that come while a process runs are found by its next check, and their removal is a gap', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
      vi.spyOn(Logger.prototype, 'log').mockReturnValue();
      const watch = new TriggerWatch(look, () => Promise.resolve());
      try {
        await watch.start();
        expect(watch.problems).toEqual([]);
        await run('CREATE TABLE child () INHERITS (account)');
        await vi.advanceTimersByTimeAsync(10_000);
        await vi.waitFor(
          () => expect(watch.problems).toEqual([expect.stringContaining('has the child child,')]),
          10_000,
        );
        expect([warned.mock.calls.length, watch.takeGap()]).toEqual([1, false]);
        await run('ALTER TABLE child NO INHERIT account');
        await vi.advanceTimersByTimeAsync(1_000);
        await vi.waitFor(
          () => expect([watch.problems, watch.takeGap()]).toEqual([[], true]),
          10_000,
        );
      } finally {
        watch.stop();
        vi.useRealTimers();
        vi.restoreAllMocks();
      }
    });
  });

  describe('a table that is itself one of them', () => {
    it('a partition logs what is written through its parent', async () => {
      await run(
        'DROP TABLE account_roles',
        `${ROLES.replace('account_roles', 'all_roles')} PARTITION BY LIST ("roleId")`,
        'CREATE TABLE account_roles PARTITION OF all_roles FOR VALUES IN (1)',
        'CREATE TABLE other_roles PARTITION OF all_roles DEFAULT',
      );
      await migrate('up');
      expect(await problems()).toEqual([]);
      const ALICE = ['subject s-alice'];
      const cases: [string, string[]][] = [
        ['INSERT INTO all_roles VALUES (1, 1)', ALICE],
        ['UPDATE all_roles SET "roleId" = 2 WHERE "accountId" = 1', ALICE],
        ['UPDATE all_roles SET "roleId" = 1 WHERE "accountId" = 1', ALICE],
        ['DELETE FROM all_roles', ALICE],
        ['TRUNCATE all_roles', ['resync *']],
      ];
      await told(dataSource);
      for (const [statement, rows] of cases) {
        // oxlint-disable no-await-in-loop
        await run(statement);
        expect(await told(dataSource), statement).toEqual(rows);
        // oxlint-enable no-await-in-loop
      }
    });

    it('a child logs what is written through its parent', async () => {
      await run(
        'ALTER TABLE account_roles RENAME TO all_roles',
        'CREATE TABLE account_roles () INHERITS (all_roles)',
      );
      await migrate('up');
      expect(await problems()).toEqual([]);
      await run('INSERT INTO account_roles VALUES (1, 1), (2, 1)');
      await told(dataSource);
      await run('UPDATE all_roles SET "roleId" = 2 WHERE "accountId" = 1');
      expect(await told(dataSource)).toEqual(['subject s-alice']);
      await run('DELETE FROM all_roles WHERE "accountId" = 2');
      expect(await told(dataSource)).toEqual(['subject s-bob']);
      await run('TRUNCATE all_roles');
      expect(await told(dataSource)).toEqual(['resync *']);
    });
  });
}, ['postgres']);
