import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import {
  Account,
  Company,
  Country,
  ENTITIES,
  populate,
  Role,
  told,
  Watch1764000000000,
} from './support/world.js';

type Change = (dataSource: DataSource) => Promise<unknown>;
type Table = readonly (readonly [string, Change, readonly string[]])[];

const alice = ['subject s-alice'];
const both = ['subject s-alice', 'subject s-bob'];

/** Every way to write past the ORM, and what the triggers log. */
const WRITES: Table = [
  [
    'repository.update',
    (db) => db.getRepository(Account).update({ id: 1 }, { status: 'off' }),
    alice,
  ],
  ['save', async (db) => db.manager.save(Account, { id: 1, status: 'off' }), alice],
  [
    'QueryBuilder',
    (db) =>
      db.createQueryBuilder().update(Account).set({ status: 'off' }).where('id < 3').execute(),
    both,
  ],
  ['raw SQL', (db) => db.query("UPDATE account SET status = 'off' WHERE id = 1"), alice],
  [
    'upsert',
    (db) => db.getRepository(Account).upsert(account({ status: 'off' }), ['email']),
    alice,
  ],
  [
    'a password hash that differs by case',
    (db) => db.query("UPDATE account SET password_hash = 'X' WHERE id = 1"),
    alice,
  ],
  ['soft delete', (db) => db.getRepository(Account).softDelete({ id: 1 }), alice],
  ['delete', (db) => db.query('DELETE FROM account WHERE id = 3'), ['subject s-carol']],
  [
    'a new subject',
    (db) => db.query("UPDATE account SET subject = 'new' WHERE id = 1"),
    ['subject new', ...alice],
  ],
  [
    'a subject that differs by case',
    (db) => db.query("UPDATE account SET subject = 'S-ALICE' WHERE id = 1"),
    ['subject S-ALICE', ...alice],
  ],
  ['a new id', (db) => db.query('UPDATE account SET id = 9 WHERE id = 3'), ['subject s-carol']],
  [
    'a bulk UPDATE',
    (db) => db.query("UPDATE account SET status = 'off'"),
    [...both, 'subject s-carol'],
  ],
  [
    'a role taken away',
    (db) =>
      db.query(
        'DELETE FROM account_roles WHERE accountId = 1'.replace('accountId', q(db, 'accountId')),
      ),
    alice,
  ],
  [
    'a role given',
    (db) => db.createQueryBuilder().relation(Account, 'roles').of(3).add(1),
    ['subject s-carol'],
  ],
  [
    'a role handed on',
    (db) =>
      db.query(
        `UPDATE account_roles SET ${q(db, 'accountId')} = 3 WHERE ${q(db, 'accountId')} = 1`,
      ),
    [...alice, 'subject s-carol'],
  ],
  [
    'a role renamed',
    (db) => db.getRepository(Role).update({ id: 1 }, { name: 'author' }),
    ['resync *'],
  ],
];

const NOTHING: Table = [
  [
    'a column that nobody watches',
    (db) => db.getRepository(Account).update({ id: 1 }, { nickname: 'al' }),
    [],
  ],
  ['the same value again', (db) => db.query("UPDATE account SET status = 'active'"), []],
  [
    'an upsert of the same',
    (db) => db.getRepository(Account).upsert(account({ nickname: 'al' }), ['email']),
    [],
  ],
  ['a colour of a role', (db) => db.getRepository(Role).update({ id: 1 }, { colour: 'red' }), []],
  [
    'a new account',
    (db) => db.getRepository(Account).insert({ id: 4, subject: 'dave', email: 'd' }),
    [],
  ],
  ['a new role', (db) => db.getRepository(Role).insert({ id: 3, name: 'guest' }), []],
  [
    'a change that is rolled back',
    async (db) => {
      const undone = db.transaction(async (manager) => {
        await manager.query("UPDATE account SET status = 'off'");
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
    },
    [],
  ],
];

/** Rows that go without being named. */
const CASCADES: Table = [
  [
    'an account, and its roles with it',
    (db) => db.query('DELETE FROM account WHERE id = 1'),
    alice,
  ],
  ['a parent', (db) => db.getRepository(Company).delete({ id: 1 }), both],
  ['a grandparent', (db) => db.getRepository(Country).delete({ id: 1 }), both],
];

function account(more: Partial<Account>) {
  return { id: 1, subject: 's-alice', email: 'alice@example.org', company: { id: 1 }, ...more };
}

function q({ driver }: DataSource, name: string): string {
  return driver.escape(name);
}

describeOnDatabases((kind) => {
  /** On SQLite, a resync stands for a row that belongs to a user. */
  const ofHolders = (title: string, refs: readonly string[]) =>
    kind === 'sqlite' && /^a role (taken|given|handed)/.test(title) ? ['resync *'] : refs;
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.connect({
      entities: ENTITIES,
      migrations: [Watch1764000000000],
      synchronize: true,
    });
    await dataSource.runMigrations();
  });
  beforeEach(async () => {
    await populate(dataSource);
    await told(dataSource);
  });
  afterEach(async () => {
    for (const table of ['account_roles', 'account', 'role', 'company', 'country']) {
      // oxlint-disable-next-line no-await-in-loop
      await dataSource.query(`DELETE FROM ${table}`);
    }
  });
  afterAll(() => database?.drop());

  describe('the triggers log', () => {
    it.each(WRITES)('%s', async (title, change, expected) => {
      await change(dataSource);
      const heard = new Set(await told(dataSource));
      expect(heard).toEqual(new Set(ofHolders(title, expected)));
    });

    it.each(CASCADES)('what is deleted by a cascade from %s', async (_, change, expected) => {
      await change(dataSource);
      const heard = (await told(dataSource)).filter((row) => row !== 'resync *');
      expect(new Set(heard)).toEqual(new Set(expected));
    });
  });

  describe('the triggers do not log', () => {
    it.each(NOTHING)('%s', async (_, change) => {
      await change(dataSource);
      expect(await told(dataSource)).toEqual([]);
    });
  });

  it('logs each row once', async () => {
    await dataSource.query("UPDATE account SET status = 'off'");
    expect(await told(dataSource)).toHaveLength(3);
  });

  it('logs an account that replaces a deleted one', async () => {
    await dataSource.query('DELETE FROM account WHERE id = 3');
    await dataSource.getRepository(Account).insert({ id: 3, subject: 's-carol', email: 'c' });
    expect(await told(dataSource)).toEqual(['subject s-carol', 'subject s-carol']);
  });

  it('keeps a row as long as a token can live', async () => {
    await dataSource.query('UPDATE auth_state SET max_token_life = 900000');
    await dataSource.query("UPDATE account SET status = 'off' WHERE id = 1");
    const [row]: Record<string, unknown>[] = await dataSource.query(
      'SELECT * FROM auth_revocation',
    );
    expect(row).toMatchObject({ realm: 'jwt', code: null, seq: null, issued_before: null });
    expect(row?.['id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(Number(row?.['expires_at']) - Number(row?.['created_at'])).toBe(1_200_000);
    expect(Math.abs(Number(row?.['created_at']) - Date.now())).toBeLessThan(60_000);
  });

  describe.skipIf(kind === 'postgres')('REPLACE', () => {
    const columns = 'id, subject, email, password_hash, status';
    it.each([
      ['by the primary key', "1, 's-alice', 'alice@example.org', 'x', 'off'", alice],
      [
        'by another unique key',
        "7, 'other', 'alice@example.org', 'x', 'active'",
        ['subject other', ...alice],
      ],
      ['of two rows at once', "1, 's-bob', 'z', 'x', 'active'", both],
    ])('%s', async (_, values, expected) => {
      // Accounts without roles, whose going would tell of them too.
      await dataSource.query('DELETE FROM account_roles');
      await told(dataSource);
      await dataSource.query(`REPLACE INTO account (${columns}) VALUES (${values})`);
      const heard = await told(dataSource);
      for (const ref of expected.filter((ref) => ref !== 'subject other'))
        expect(heard).toContain(ref);
    });
  });

  describe.runIf(kind === 'sqlite')('on SQLite', () => {
    it.each([0, 1])('UPDATE OR REPLACE is seen with recursive_triggers = %i', async (recursive) => {
      await dataSource.query(`PRAGMA recursive_triggers = ${recursive}`);
      await dataSource.query('DELETE FROM account_roles');
      await told(dataSource);
      await dataSource.query(
        "UPDATE OR REPLACE account SET email = 'bob@example.org' WHERE id = 3",
      );
      expect(new Set(await told(dataSource))).toEqual(new Set(['subject s-bob']));
      await dataSource.query('PRAGMA recursive_triggers = 0');
    });

    it('INSERT OR REPLACE of a row of roles is seen', async () => {
      await dataSource.query(
        `CREATE UNIQUE INDEX one_holder ON account_roles ("roleId") WHERE "roleId" = 2`,
      );
      await dataSource.query(`INSERT INTO account_roles ("accountId", "roleId") VALUES (1, 2)`);
      await dataSource.undoLastMigration();
      await dataSource.runMigrations();
      await told(dataSource);
      await dataSource.query(
        `INSERT OR REPLACE INTO account_roles ("accountId", "roleId") VALUES (3, 2)`,
      );
      // Of the row that goes, and of the one that comes.
      expect(await told(dataSource)).toEqual(['resync *', 'resync *']);
      await dataSource.query('DROP INDEX one_holder');
    });

    // Otherwise each row that is inserted costs as much as the table is long.
    it('reads no table from one end to the other', async () => {
      const triggers: { name: string; sql: string }[] = await dataSource.query(
        `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('account', 'auth_session')`,
      );
      const plans = await Promise.all(
        triggers.map(async ({ sql }) => {
          const [, , body = ''] = /BEGIN (\/\*.*\*\/) (.*); END$/s.exec(sql) ?? [];
          // Any value will do for the plan, and a parameter has no collation or type, as a row has none here.
          const query = body.replaceAll(/"?\b(?:NEW|OLD)\b"?\."?\w+"?/g, '?');
          const steps: { detail: string }[] = await dataSource.query(
            `EXPLAIN QUERY PLAN ${query}`,
            Array.from(query.matchAll(/\?/g), () => 1),
          );
          return steps.map(({ detail }) => detail);
        }),
      );
      expect(plans.flat().some((step) => step.startsWith('SEARCH x USING'))).toBe(true);
      const scans = plans.flat().filter((step) => /^SCAN (?!CONSTANT|r$|\()/.test(step));
      expect(scans).toEqual([]);
    });
  });
});
