import { type DataSource, EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAuthDatabase } from '../support/open-database.js';
import { AUTH_ENTITIES } from '../../lib/database/tables.js';
import { createAuthMigration } from '../../lib/migration/migration.js';
import {
  createTestDatabase,
  type DatabaseKind,
  type DataSourceExtras,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';

class AddAuth1764000000000 extends createAuthMigration({
  users: {
    table: 'member',
    add: {
      status: 'status',
      tokenVersion: 'token_version',
      subject: 'subject',
      latestSignIn: 'latest_sign_in',
      suspendedUntil: 'suspended_until',
      deletedAt: 'deleted_at',
      validUntil: 'valid_until',
      createdAt: 'birth',
    },
  },
}) {}

/** The library's own tables. */
const OWN = ['auth_revocation', 'auth_state', 'auth_log_head', 'auth_session'];

/** A row as the three drivers give it. */
type Row = Readonly<Record<string, unknown>>;

/** Written as TypeORM writes it, whose schema builder knows a SQLite counter by that text. */
const ID = {
  sqlite: '"id" integer PRIMARY KEY AUTOINCREMENT NOT NULL',
  postgres: '"id" SERIAL PRIMARY KEY',
  mariadb: '`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY',
} as const;

/** What TypeORM's schema builder would change to make the database fit the entities. */
async function wanted(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** The users table as an application's entity sees it after the migration. */
function memberSchema(kind: DatabaseKind): EntitySchema {
  const time: EntitySchemaColumnOptions =
    kind === 'sqlite'
      ? { type: 'datetime', nullable: true }
      : { type: kind === 'postgres' ? 'timestamptz' : 'datetime', precision: 3, nullable: true };
  const random = kind === 'postgres' ? 'gen_random_uuid()' : 'uuid()';
  const own: Partial<EntitySchemaColumnOptions> =
    kind === 'sqlite' ? { nullable: true } : { default: () => random };
  return new EntitySchema({
    name: 'member',
    columns: {
      id: { type: 'int', primary: true, generated: 'increment' },
      email: { type: 'varchar', length: 100, nullable: true },
      status: { type: 'varchar', length: 32, default: 'active' },
      tokenVersion: { name: 'token_version', type: 'int', default: 0 },
      subject: { type: 'varchar', length: 64, ...own },
      latestSignIn: { name: 'latest_sign_in', type: 'bigint', nullable: true },
      suspendedUntil: { name: 'suspended_until', ...time },
      deletedAt: { name: 'deleted_at', ...time },
      validUntil: { name: 'valid_until', ...time },
      birth: { type: 'varchar', length: 36, ...own },
    },
    indices: [{ columns: ['subject'], unique: true }],
  });
}

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  const connect = (more: DataSourceExtras): Promise<DataSource> =>
    database.connect({ poolSize: 2, ...more });
  const members = (): Promise<Row[]> => dataSource.query('SELECT * FROM member ORDER BY id');
  /** The columns and indexes of a table, as the database has them. */
  const shape = async (table: string): Promise<unknown> => {
    const runner = dataSource.createQueryRunner();
    const found = await runner.getTable(table);
    await runner.release();
    return found && { columns: found.columns, indices: found.indices, uniques: found.uniques };
  };

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await connect({
      entities: [...AUTH_ENTITIES, memberSchema(kind)],
      migrations: [AddAuth1764000000000],
    });
  });
  beforeEach(async () => {
    await dataSource.query(`CREATE TABLE member (${ID[kind]}, email varchar(100))`);
    await dataSource.query("INSERT INTO member (email) VALUES ('alice'), ('bob'), ('carol')");
  });
  afterEach(async () => {
    for (const table of ['member', 'seen', ...OWN, 'migrations']) {
      // oxlint-disable-next-line no-await-in-loop
      await dataSource.query(`DROP TABLE IF EXISTS ${table}`);
    }
  });
  afterAll(() => database?.drop());

  describe('a users table with rows in it', () => {
    it('keeps them; each is active, and keeps the subject of earlier tokens', async () => {
      await dataSource.runMigrations();
      const rows = await members();
      expect(rows.map(({ email, subject }) => [email, subject])).toEqual([
        ['alice', '1'],
        ['bob', '2'],
        ['carol', '3'],
      ]);
      for (const row of rows) {
        expect(row).toMatchObject({ status: 'active', token_version: 0, latest_sign_in: null });
        expect(row).toMatchObject({ suspended_until: null, deleted_at: null, valid_until: null });
      }
      expect(new Set(rows.map(({ birth }) => birth)).size).toBe(3);
      expect(rows.every(({ birth }) => /^[0-9a-f-]{32,36}$/.test(String(birth)))).toBe(true);
    });

    it('still takes the inserts of code that does not know the new columns', async () => {
      await dataSource.runMigrations();
      await dataSource.query("INSERT INTO member (email) VALUES ('dave'), ('erin')");
      const added = (await members()).slice(3);
      expect(added).toHaveLength(2);
      for (const row of added) expect(row).toMatchObject({ status: 'active', token_version: 0 });
      // SQLite cannot add a column with a random default.
      const own = added.flatMap(({ subject, birth }) => [subject, birth]);
      if (kind === 'sqlite') expect(own).toEqual([null, null, null, null]);
      else
        expect(new Set(own.map((value) => String(value).length)), 'UUIDs').toEqual(new Set([36]));
      expect(new Set(own).size).toBe(kind === 'sqlite' ? 1 : 4);
    });

    it('has no two accounts with one subject', async () => {
      await dataSource.runMigrations();
      const copy = dataSource.query("UPDATE member SET subject = '1' WHERE id = 2");
      await expect(copy).rejects.toThrow(/unique|duplicate/i);
    });

    it('matches the entities for TypeORM', async () => {
      expect(await wanted(dataSource)).not.toEqual([]);
      await dataSource.runMigrations();
      expect(await wanted(dataSource)).toEqual([]);
    });

    it('is after down() as it was before', async () => {
      const before = [await shape('member'), await members()];
      await dataSource.runMigrations();
      expect([await shape('member'), await members()]).not.toEqual(before);
      await dataSource.undoLastMigration();
      expect([await shape('member'), await members()]).toEqual(before);
      for (const table of OWN) expect(await shape(table)).toBeUndefined();
      await dataSource.runMigrations();
      expect(await members()).toHaveLength(3);
    });

    it('keeps milliseconds in its times', async () => {
      await dataSource.runMigrations();
      const repository = dataSource.getRepository('member');
      const until = new Date('2030-03-31T00:30:00.123Z');
      await repository.update({ id: 1 }, { suspendedUntil: until });
      expect(await repository.findOneByOrFail({ id: 1 })).toMatchObject({ suspendedUntil: until });
    });
  });

  it.runIf(kind === 'sqlite')(
    'keeps the triggers of the users table, as a rebuild would not',
    async () => {
      await dataSource.query('CREATE TABLE seen (email varchar)');
      await dataSource.query(
        'CREATE TRIGGER watch AFTER UPDATE ON member BEGIN INSERT INTO seen VALUES (new.email); END',
      );
      await dataSource.runMigrations();
      await dataSource.query('DELETE FROM seen');
      await dataSource.query("UPDATE member SET status = 'disabled' WHERE id = 2");
      await dataSource.undoLastMigration();
      await dataSource.query("UPDATE member SET email = 'robert' WHERE id = 2");
      expect(await dataSource.query('SELECT email FROM seen')).toEqual([
        { email: 'bob' },
        { email: 'robert' },
      ]);
    },
  );

  describe('a migration that failed half-way', () => {
    it.each([
      [
        'with a column that is not filled',
        ['ALTER TABLE member ADD COLUMN subject varchar(64) NULL'],
      ],
      [
        'with some rows filled',
        [
          'ALTER TABLE member ADD COLUMN birth varchar(36) NULL',
          "UPDATE member SET birth = 'born before' WHERE id = 1",
        ],
      ],
      ['after everything, and not noted', undefined],
    ])('is run again: %s', async (_, done) => {
      for (const statement of done ?? []) {
        // oxlint-disable-next-line no-await-in-loop
        await dataSource.query(statement);
      }
      if (done === undefined) {
        await dataSource.runMigrations();
        await dataSource.query('DELETE FROM migrations');
      }
      await dataSource.runMigrations();
      expect(await wanted(dataSource)).toEqual([]);
      const rows = await members();
      expect(rows.map(({ subject }) => subject)).toEqual(['1', '2', '3']);
      expect(new Set(rows.map(({ birth }) => birth)).size).toBe(3);
      if (done?.length === 2) expect(rows[0]?.['birth']).toBe('born before');
    });
  });

  it('fails when there is no such users table', async () => {
    class Astray1764000000001 extends createAuthMigration({
      users: { table: 'nobody', add: { status: 'status' } },
    }) {}
    const astray = await connect({ migrations: [Astray1764000000001] });
    await expect(astray.runMigrations()).rejects.toThrow(/no table "nobody".*correct users\.table/);
  });

  it('says that a name of what is watched is its realm', () => {
    const watch = { options: { user: { entity: 'Member' } }, name: 'admin' };
    expect(() => createAuthMigration({ watch })).toThrow(
      'watch.name: there is no such option. Write realm.',
    );
    const misspelt = Object({ table: false, users: { table: 'user', columns: {} } });
    expect(() => createAuthMigration(misspelt)).toThrow(
      /options\.table: there is no such option[^]*users\.columns: there is no such option/,
    );
  });

  it('knows every name of a column to add, and no other', () => {
    const add = Object({ tokenVersion: 'version', birth: 'birth' });
    expect(() => createAuthMigration({ users: { table: 'user', add } })).toThrow(
      /^[^]*\n {2}- users\.add\.birth: there is no such option\. The options are status, tokenVersion, subject, /,
    );
  });

  it('adds nothing that was not requested', async () => {
    class Only1764000000002 extends createAuthMigration({ users: { table: 'member' } }) {}
    const before = await shape('member');
    const only = await connect({ migrations: [Only1764000000002] });
    await only.runMigrations();
    expect(await shape('member')).toEqual(before);
    expect(await shape('auth_state')).toBeDefined();
  });

  it('is known to TypeORM by its class, or by the name given', async () => {
    const Named = createAuthMigration({ name: 'Named1764000000003' });
    const named = await connect({ migrations: [Named] });
    expect((await named.runMigrations()).map(({ name }) => name)).toEqual(['Named1764000000003']);
    expect((await dataSource.runMigrations()).map(({ name }) => name)).toEqual([
      'AddAuth1764000000000',
    ]);
  });

  it('compares references bytewise', async () => {
    await dataSource.runMigrations();
    const auth = openAuthDatabase(dataSource);
    const { placeholder } = auth.dialect;
    await auth.transact(function* () {
      yield {
        sql: "INSERT INTO auth_revocation (id, realm, kind, ref, created_at) VALUES ('1', 'jwt', 'subject', 'Zoë', 0)",
        params: [],
      };
    });
    const found = async (ref: string): Promise<number> => {
      const sql = `SELECT id FROM auth_revocation WHERE ref = ${placeholder(1)}`;
      return (await auth.read({ sql, params: [ref] })).length;
    };
    expect([await found('Zoë'), await found('zoë'), await found('Zoe')]).toEqual([1, 0, 0]);
    await auth.close();
  });

  it('synchronize makes tables that accept the same rows', async () => {
    await dataSource.synchronize();
    expect(await wanted(dataSource)).toEqual([]);
    await dataSource.query(
      "INSERT INTO auth_revocation (id, realm, kind, ref, created_at) VALUES ('1', 'jwt', 'token', 'a', 1), ('2', 'jwt', 'token', 'a', 1)",
    );
    await dataSource.query(
      "INSERT INTO auth_state (realm, generation, stamp_key) VALUES ('jwt', 'g', 'k')",
    );
    const [state] = await dataSource.query('SELECT * FROM auth_state');
    expect([Number(state.issued_before), Number(state.max_token_life)]).toEqual([0, 0]);
  });

  it.runIf(kind === 'postgres')('uses only the schemas that it is given', async () => {
    await dataSource.query('CREATE SCHEMA people');
    await dataSource.query('CREATE TABLE people.person (id serial PRIMARY KEY)');
    await dataSource.query('INSERT INTO people.person DEFAULT VALUES');
    class Elsewhere1764000000004 extends createAuthMigration({
      users: { table: 'person', schema: 'people', add: { subject: 'sub', status: 'status' } },
    }) {}
    const elsewhere = await connect({ migrations: [Elsewhere1764000000004] });
    await elsewhere.runMigrations();
    expect(await elsewhere.query('SELECT * FROM people.person')).toEqual([
      { id: 1, sub: '1', status: 'active' },
    ]);
    await elsewhere.undoLastMigration();
    expect(await elsewhere.query('SELECT * FROM people.person')).toEqual([{ id: 1 }]);
  });
});
