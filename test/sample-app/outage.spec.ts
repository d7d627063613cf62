/** What the sample application takes for a database that is away: 503 and not 500; and that it comes back. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../sample-app/database/data-source.js';
import { isOutage } from '../../sample-app/database/outage.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../support/fault-proxy.js';

const TIMEOUT_MS = 1_500;
const SLEEP = { postgres: 'SELECT pg_sleep(30)', mariadb: 'SELECT SLEEP(30)' } as const;

const reasonOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let proxy: FaultProxy;
    let dataSource: DataSource;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      proxy = await faultProxyTo(database.url);
      const options = dataSourceOptions(
        { kind: kind === 'postgres' ? 'postgres' : 'mysql', url: proxy.url },
        TIMEOUT_MS,
      );
      dataSource = await new DataSource({ ...options, entities: [], migrations: [] }).initialize();
    });
    afterEach(() => proxy.heal());
    afterAll(async () => {
      await dataSource.destroy();
      await proxy.close();
      await database.drop();
    });
    const three = (sql: string) => [1, 2, 3].map(() => dataSource.query(sql));

    it('not a statement that is wrong', async () => {
      const reason = await reasonOf(dataSource.query('SELECT nothing'));
      expect(reason).toBeInstanceOf(Error);
      expect(isOutage(reason)).toBe(false);
    });

    it('an answer that does not come', async () => {
      const sql = kind === 'sqlite' ? '' : SLEEP[kind];
      expect(isOutage(await reasonOf(dataSource.query(sql)))).toBe(true);
    });

    it('a network that swallows everything; when it is over, no connection of that time is left', async () => {
      await Promise.all(three('SELECT 1'));
      proxy.fault('swallow');
      const reasons = await Promise.all(three('SELECT 2').map(reasonOf));
      expect(reasons.map(isOutage)).toEqual([true, true, true]);
      proxy.heal();
      for (let round = 0; round < 3; round++) {
        // oxlint-disable-next-line no-await-in-loop
        await Promise.all(three('SELECT 3'));
      }
    });

    it('a transaction whose connection ended meanwhile', async () => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await expect
        .poll(() => reasonOf(runner.query('SELECT 1')), { interval: 2 * TIMEOUT_MS })
        .toSatisfy(isOutage);
      await reasonOf(runner.release());
      await dataSource.query('SELECT 1');
    });
  },
  ['postgres', 'mariadb'],
);
