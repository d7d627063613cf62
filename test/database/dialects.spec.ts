import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthDatabase, Row } from '../../lib/database/database.js';
import { mysql } from '../../lib/database/mysql/dialect.js';
import { postgres } from '../../lib/database/postgres/dialect.js';
import { sqlite } from '../../lib/database/sqlite/dialect.js';
import { openAuthDatabase } from '../support/open-database.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { Hesitant } from '../support/hesitant-statement.js';

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let auth: AuthDatabase;

  const read = (sql: string, params: readonly unknown[] = []): Promise<readonly Row[]> =>
    auth.read({ sql, params });
  const write = (sql: string, params: readonly unknown[] = []): Promise<number> =>
    auth.transact(function* () {
      return (yield { sql, params }).affected;
    });
  const ids = async (condition: string, params: readonly unknown[]): Promise<number[]> =>
    (await read(`SELECT id FROM item WHERE ${condition} ORDER BY id`, params)).map((row) =>
      Number(row['id']),
    );

  const asJson = async (condition: string): Promise<unknown> => {
    const [row] = await read(
      `SELECT (SELECT ${auth.dialect.jsonRows(['i.id', 'i.name'])} FROM (SELECT * FROM item WHERE ${condition} ORDER BY id) i) AS json`,
    );
    return row?.['json'];
  };

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.connect();
    auth = openAuthDatabase(dataSource);
    await dataSource.query('CREATE TABLE item (id bigint NOT NULL PRIMARY KEY, name varchar(40))');
  });
  beforeEach(async () => {
    await dataSource.query('DELETE FROM item');
    const rows = Array.from({ length: 10 }, (_, index) => `(${index + 1}, 'name ${index + 1}')`);
    await dataSource.query(`INSERT INTO item (id, name) VALUES ${rows.join(', ')}`);
  });
  afterAll(async () => {
    await auth?.close();
    await database?.drop();
  });

  describe('now', () => {
    it('is a whole number of milliseconds, of this time', async () => {
      const [row] = await read(`SELECT ${auth.dialect.now} AS now`);
      const now = Number(row?.['now']);
      expect(Number.isSafeInteger(now)).toBe(true);
      // The database is on this machine; what a wrong unit, zone or epoch gives is hours off.
      expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
    });

    it('the clock moves within a transaction', async () => {
      const { clock } = auth.dialect;
      const seen = await auth.transact(function* () {
        const instants: number[] = [];
        // The clock has milliseconds; it takes some statements until it ticks.
        for (let turn = 0; turn < 100_000 && new Set(instants).size < 2; turn++) {
          const [row] = (yield { sql: `SELECT ${clock} AS now`, params: [] }).rows;
          instants.push(Number(row?.['now']));
        }
        return new Set(instants).size;
      });
      expect(seen).toBe(2);
    });

    it('is not later than what the statement sees, even if its parts arrive slowly', async () => {
      if (kind !== 'postgres') return;
      const client = new Client(database.url);
      await client.connect();
      const statement = new Hesitant(`SELECT ${auth.dialect.now} AS now`, 3_000);
      client.query(statement);
      const value = await statement.value;
      await client.end();
      // This machine's clock is the server's, which may take its time to look at it.
      expect(Number(value)).toBeLessThan(statement.executedAt - 100);
    });

    it('can be compared, added to, and stored', async () => {
      const { now } = auth.dialect;
      const [row] = await read(`SELECT ${now} + 5 - ${now} AS five, 2 * ${now} - ${now} AS once`);
      expect(Number(row?.['five'])).toBe(5);
      expect(Math.abs(Number(row?.['once']) - Date.now())).toBeLessThan(60_000);
      await write(`UPDATE item SET id = ${now} WHERE id = 1`);
      expect(await ids(`id > 100 AND id <= ${now}`, [])).toHaveLength(1);
    });
  });

  describe('isAnyOf', () => {
    it.each([
      ['none', []],
      ['one', ['3']],
      ['two', ['3', '7']],
      ['three', ['1', '5', '9']],
      ['one twice', ['4', '4']],
      ['one that is not there', ['2', '77']],
    ])('finds %s', async (_, values) => {
      const params: unknown[] = [];
      const condition = auth.dialect.isAnyOf('id', values, params, 'bigint');
      const there = [...new Set(values)].map(Number).filter((id) => id <= 10);
      expect(await ids(condition, params)).toEqual(there);
    });

    it('counts on from the parameters before it', async () => {
      const params: unknown[] = ['name 3'];
      const named = `name = ${auth.dialect.placeholder(1)}`;
      const any = auth.dialect.isAnyOf('id', ['2', '3', '4'], params, 'bigint');
      const [first, again] = [params.push('name 4'), params.push('4')];
      const other = `name = ${auth.dialect.placeholder(first)} AND id = ${auth.dialect.placeholder(again)}`;
      expect(await ids(`(${named} AND ${any}) OR (${other})`, params)).toEqual([3, 4]);
    });

    it('keeps integers apart that are one number in floating point', async () => {
      await write(
        'INSERT INTO item (id, name) VALUES (9007199254740992, NULL), (9007199254740993, NULL)',
      );
      const params: unknown[] = [];
      const condition = auth.dialect.isAnyOf('id', ['9007199254740993', '1'], params, 'bigint');
      const [row] = await read(`SELECT COUNT(*) AS count FROM item WHERE ${condition}`, params);
      expect(Number(row?.['count'])).toBe(2);
    });

    it('takes a whole batch', async () => {
      const params: unknown[] = [];
      const values = Array.from(
        { length: auth.dialect.maxBatch },
        (_, index) => `name ${index + 6}`,
      );
      const condition = auth.dialect.isAnyOf('name', values, params, 'varchar');
      expect(await ids(condition, params)).toEqual([6, 7, 8, 9, 10]);
    });

    it('does not cut a value to that of another account', async () => {
      const params: unknown[] = [];
      const condition = auth.dialect.isAnyOf('name', ['name 10'], params, 'varchar(6)');
      expect(await ids(condition, params)).toEqual([10]);
    });
  });

  describe('jsonRows', () => {
    it('is the rows as text', async () => {
      await write('UPDATE item SET name = NULL WHERE id = 2');
      await write('UPDATE item SET name = \'a "quoted", [odd] näme 🗝\' WHERE id = 3');
      const json = await asJson('id <= 3');
      expect(typeof json).toBe('string');
      expect(JSON.parse(String(json))).toEqual([
        [1, 'name 1'],
        [2, null],
        [3, 'a "quoted", [odd] näme 🗝'],
      ]);
    });

    it('is null for no rows', async () => {
      expect(await asJson('id > 100')).toBeNull();
    });

    it.runIf(kind === 'mariadb')('never loses rows, as MariaDB would by default', async () => {
      // One connection, whose limit is set to end exactly between two elements.
      const small = await database.connect({ poolSize: 1 });
      const whole = await small.query(
        'SELECT JSON_ARRAYAGG(JSON_ARRAY(id)) AS json FROM item WHERE id < 4',
      );
      expect(whole).toEqual([{ json: [[1], [2], [3]] }]);
      await small.query('SET SESSION group_concat_max_len = 7');
      const cut = await small.query(
        'SELECT JSON_ARRAYAGG(JSON_ARRAY(id)) AS json FROM item WHERE id < 4',
      );
      expect(cut, 'valid JSON with a row missing').toEqual([{ json: [[1], [2]] }]);
      const [{ json }] = await small.query(
        `SELECT ${mysql.jsonRows(['id'])} AS json FROM item WHERE id < 4`,
      );
      expect(() => JSON.parse(String(json))).toThrow(SyntaxError);
    });
  });

  it('greatest is the larger number', async () => {
    const [row] = await read(`SELECT ${auth.dialect.greatest('3', '20')} AS larger`);
    expect(Number(row?.['larger'])).toBe(20);
  });

  it('quotes names with any characters, and each part of a path separately', async () => {
    const odd = 'order "by` x';
    const { quote } = auth.dialect;
    await dataSource.query(`CREATE TABLE ${quote(odd)} (${quote('select')} int)`);
    await dataSource.query(`INSERT INTO ${quote(odd)} VALUES (1)`);
    const [row] = await read(`SELECT ${quote(odd, 'select')} AS value FROM ${quote(odd)}`);
    expect(row?.['value']).toBe(1);
  });

  it('changes and deletes by key, and waits for no row that it was not asked for', async () => {
    await dataSource.query(
      'CREATE TABLE keyed (id varchar(36) NOT NULL PRIMARY KEY, name varchar(40))',
    );
    await dataSource.query("INSERT INTO keyed (id) VALUES ('a'), ('b'), ('c'), ('d')");
    // SQLite has one writer at a time.
    const runner = kind === 'sqlite' ? undefined : dataSource.createQueryRunner();
    await runner?.startTransaction();
    await runner?.query("INSERT INTO keyed (id) VALUES ('bb')");
    await runner?.query("UPDATE keyed SET name = 'not committed' WHERE id = 'd'");
    const { keysPerDelete, isAnyOf } = auth.dialect;
    const params: unknown[] = [];
    const condition = isAnyOf('id', ['a', 'c', 'nobody'], params, 'varchar');
    await write(`UPDATE keyed SET name = 'mine' WHERE ${condition}`, params);
    expect(await read("SELECT id FROM keyed WHERE name = 'mine' ORDER BY id")).toEqual([
      { id: 'a' },
      { id: 'c' },
    ]);
    const keys: unknown[] = [];
    const some = isAnyOf('id', ['a', 'c'].slice(0, keysPerDelete), keys, 'varchar');
    expect(await write(`DELETE FROM keyed WHERE ${some}`, keys)).toBe(Math.min(2, keysPerDelete));
    await runner?.rollbackTransaction();
    await runner?.release();
    const left = kind === 'mariadb' ? ['b', 'c', 'd'] : ['b', 'd'];
    expect((await read('SELECT id FROM keyed ORDER BY id')).map(({ id }) => id)).toEqual(left);
  });

  it('has a clock that goes on while a statement waits, and sees that this is not a replica', async () => {
    const { clock, now, isReplica } = auth.dialect;
    const wait = { sqlite: '0', postgres: 'pg_sleep(0.05)::text', mariadb: 'SLEEP(0.05)' }[kind];
    const [row] = await read(
      `SELECT ${wait} AS waited, ${clock} AS clock, ${now} AS now, ${isReplica} AS replica`,
    );
    const ahead = Number(row?.['clock']) - Number(row?.['now']);
    expect(ahead).toBeGreaterThanOrEqual(kind === 'sqlite' ? 0 : 49);
    expect(ahead).toBeLessThan(60_000);
    expect(Number(row?.['replica'])).toBe(0);
  });

  it('inserts a row, or leaves the one that is there as it is', async () => {
    const { insertIgnore, placeholder } = auth.dialect;
    const sql = insertIgnore('item', ['id', 'name'], [placeholder(1), placeholder(2)]);
    await write(sql, [1, 'another']);
    await write(sql, [11, 'new']);
    const rows = await read('SELECT name FROM item WHERE id IN (1, 11) ORDER BY id');
    expect(rows.map((row) => row['name'])).toEqual(['name 1', 'new']);
  });

  it('insertIgnore hides no other fault', async () => {
    const sql = auth.dialect.insertIgnore('item', ['id'], ['NULL']);
    await expect(write(sql)).rejects.toThrow(/null/i);
  });

  it.runIf(kind === 'mariadb')('does not mind the time zone of the session', async () => {
    const away = await database.connect({ poolSize: 1 });
    await away.query("SET time_zone = '-11:00'");
    const [{ now, clock }] = await away.query(
      `SELECT ${mysql.now} AS now, ${mysql.clock} AS clock`,
    );
    for (const time of [now, clock]) {
      expect(Math.abs(Number(time) - Date.now())).toBeLessThan(60_000);
    }
  });
});

describe('without a database', () => {
  it('fills lists up to a power of two, so that few texts serve any number of values', () => {
    const texts = new Set<string>();
    for (let length = 1; length <= sqlite.maxBatch; length++) {
      const params: unknown[] = [];
      const values = Array.from({ length }, (_, index) => String(index));
      texts.add(sqlite.isAnyOf('x', values, params, 'text'));
      expect(new Set(params)).toEqual(new Set(values));
    }
    expect(texts.size).toBe(9);
  });

  it('has one text on PostgreSQL, with the type as the cast needs it', () => {
    const types = ['uuid', 'character varying(36)', 'character'];
    expect(types.map((type) => postgres.isAnyOf('x', ['a', 'b'], [], type))).toEqual([
      'x = ANY($1::uuid[])',
      'x = ANY($1::character varying[])',
      'x = ANY($1::bpchar[])',
    ]);
  });
});
