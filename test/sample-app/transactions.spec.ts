import Database from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CreateApplication1764000000000 } from '../../sample-app/database/migrations/1764000000000-create-application.js';
import { Transactions } from '../../sample-app/database/transactions.js';
import { createTestDatabase, type TestDatabase } from '../support/databases.js';

let database: TestDatabase;
let dataSource: DataSource;
let transactions: Transactions;
beforeAll(async () => {
  database = await createTestDatabase('sqlite');
  dataSource = await database.connect({ migrations: [CreateApplication1764000000000] });
  await dataSource.query('PRAGMA journal_mode = WAL');
  await dataSource.runMigrations();
  transactions = new Transactions(dataSource);
});
afterAll(() => database.drop());

it('a transaction that reads first can still write: nobody else wrote in between', async () => {
  const other = new Database(database.url.slice('sqlite:'.length), { timeout: 0 });
  const insert = 'INSERT INTO login_attempts VALUES (?, 1, 1)';
  await transactions.run(async (manager) => {
    await manager.query('SELECT * FROM login_attempts');
    expect(() => other.prepare(insert).run('other')).toThrow(/locked/);
    await manager.query(insert, ['own']);
  });
  other.close();
  expect(await dataSource.query('SELECT "key" FROM login_attempts')).toEqual([{ key: 'own' }]);
});

it('transactions take turns, also after one that failed', async () => {
  const order: string[] = [];
  const turn = (name: string, fails: boolean) =>
    transactions.run(async (manager) => {
      order.push(`${name} begins`);
      await manager.query('DELETE FROM login_attempts');
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const outcomes = await Promise.allSettled([turn('a', false), turn('b', true), turn('c', false)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
