/** A pooler in transaction mode takes LISTEN and delivers nothing: one warning, and the bound holds by polling. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AppProcess, start } from '../sample-app/support/process.js';
import { createTestDatabase, serviceUrl, type TestDatabase } from '../support/databases.js';
import { visibility, whoAccepts } from './support/recovery.js';
import { type Side, sideOf } from './support/side.js';
import { type TransactionPooler, transactionPoolerTo } from './support/transaction-pooler.js';
import { Mint } from './support/tokens.js';

const BOUND_MS = 1_000;
/** Two heartbeats, in which a link is found out, and several more. */
const A_WHILE_MS = 9_000;

describe.skipIf(serviceUrl('TEST_POSTGRES_URL') === undefined)('PostgreSQL', () => {
  let database: TestDatabase;
  let pooler: TransactionPooler;
  /** One process past the pooler, and one behind it. */
  let direct: AppProcess;
  let app: AppProcess;
  let side: Side;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    pooler = await transactionPoolerTo(database.url);
    const env = { AUTH_FRESHNESS: 'tracked', AUTH_MAX_STALENESS: `${BOUND_MS}ms` };
    direct = await start({ ...env, DATABASE_URL: database.url });
    app = await start({ ...env, DATABASE_URL: pooler.url });
    side = await sideOf(database);
  });
  afterAll(async () => {
    await Promise.all([direct, app].map((process) => process.stop('SIGTERM')));
    await pooler.close();
    await database.drop();
  });

  it('is named, once; what others change is in force within the bound', async () => {
    const { nobody, output } = app;
    const warnings = () => output.stdout.split('\n').filter((line) => line.includes('[WakeUp]'));
    const member = { name: 'the process', isRunning: true, url: app.url };
    const mint = await Mint.open(direct.url, side);
    const accounts = await mint.accounts(5);
    await vi.waitFor(() => expect(warnings()).toHaveLength(1), { timeout: A_WHILE_MS });
    for (const holder of accounts) {
      expect(await whoAccepts({ members: [member] }, holder)).toEqual(['the process: 200']);
      await side.run(`UPDATE users SET status = 'disabled' WHERE id = '${holder.userId}'`);
      const { accepted } = await visibility(member, holder, performance.now());
      expect(accepted).toBeLessThanOrEqual(BOUND_MS);
    }
    await sleep(A_WHILE_MS);
    expect(warnings()).toEqual([expect.stringContaining('PgBouncer')]);
    const ready = await nobody.get('/health/ready');
    expect(ready.status).toBe(200);
    const auth: unknown = Object(ready.body['details']).auth;
    expect(auth).toMatchObject({ isTracking: true, problems: [] });
    expect(auth).not.toHaveProperty('lastWakeUpAt');
  }, 60_000);
});
