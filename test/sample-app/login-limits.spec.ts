import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LoginLimits } from '../../sample-app/auth/login-limits.js';
import { CreateApplication1764000000000 } from '../../sample-app/database/migrations/1764000000000-create-application.js';
import { Transactions } from '../../sample-app/database/transactions.js';
import { createTestDatabase, type TestDatabase } from '../support/databases.js';

let database: TestDatabase;
let dataSource: DataSource;
let limits: LoginLimits;
const told: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase('sqlite');
  dataSource = await database.connect({ migrations: [CreateApplication1764000000000] });
  await dataSource.query('PRAGMA journal_mode = WAL');
  await dataSource.runMigrations();
  const loginLimit = { perEmail: 2, perAddress: 100 };
  const auth = { signInFailed: ({ reason }: { reason: string }) => void told.push(reason) };
  limits = new LoginLimits({ loginLimit }, dataSource, auth);
});
afterAll(async () => {
  limits.onApplicationShutdown();
  await database.drop();
});

it('a guess counts, although a transaction that was open meanwhile is rolled back', async () => {
  const guesses: Promise<void>[] = [];
  const rolledBack = new Transactions(dataSource).run(async () => {
    for (let guess = 0; guess < 2; guess++) guesses.push(limits.admit('alice@example.com', '::1'));
    // Long enough for both to find the database busy, were they to give up at once.
    await new Promise(setImmediate);
    throw new Error('rolled back');
  });
  await expect(rolledBack).rejects.toThrow('rolled back');
  await Promise.all(guesses);
  const refusal = await limits.admit('alice@example.com', '::1').catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 429, headers: { 'Retry-After': expect.any(String) } });
});

it('reports once that a limit was passed, and stores no e-mail address', async () => {
  await limits.admit('alice@example.com', '::1').catch(() => undefined);
  expect(told).toEqual(['rate_limited']);
  const rows: unknown = await dataSource.query('SELECT * FROM login_attempts');
  expect(JSON.stringify(rows)).not.toContain('alice');
});

it('deletes expired counters at the start', async () => {
  const keys = async () =>
    (await dataSource.query<{ key: string }[]>('SELECT "key" FROM login_attempts')).length;
  const before = await keys();
  await dataSource.query("INSERT INTO login_attempts VALUES ('old', 5, 1)");
  await limits.onApplicationBootstrap();
  expect(await keys()).toBe(before);
});
