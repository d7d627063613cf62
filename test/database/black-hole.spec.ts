/** A network that takes everything and says nothing, for longer than any deadline. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AuthDatabase } from '../../lib/database/database.js';
import { openAuthDatabase, openOwnDatabase } from '../support/open-database.js';
import { poolAdvice } from '../../lib/database/postgres/driver.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../support/fault-proxy.js';
import { settledWithin } from '../support/settled-within.js';

const TIMEOUT_MS = 400;
/** For what must also succeed in time. */
const AMPLE_MS = 2_000;
const adviceFor = (more: object) => poolAdvice(new DataSource({ type: 'postgres', ...more }));
const ONE = { sql: 'SELECT 1 AS one', params: [] };

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let proxy: FaultProxy;
    let dataSource: DataSource;
    let opened: AuthDatabase[] = [];

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      proxy = await faultProxyTo(database.url);
    });
    beforeEach(async () => {
      dataSource = await database.connect({ url: proxy.url, poolSize: 2 });
    });
    afterEach(async () => {
      proxy.heal();
      proxy.cut();
      await Promise.all(opened.map((one) => one.close()));
      opened = [];
      await dataSource.destroy();
    });
    afterAll(async () => {
      await proxy.close();
      await database.drop();
    });

    it("the library's own connections are there again when it is over", async () => {
      const own = await openOwnDatabase(dataSource, { timeoutMs: TIMEOUT_MS });
      opened.push(own);
      const both = () => Promise.all([own.read(ONE), own.read(ONE)]).then((reads) => reads.length);
      await expect.poll(() => both().catch(String)).toBe(2);
      proxy.fault('swallow');
      // First those that were open, then new ones.
      for (let read = 0; read < 6; read++) {
        await expect(settledWithin(4 * TIMEOUT_MS, own.read(ONE))).rejects.toThrow(
          /in time|timed?out/i,
        );
      }
      proxy.heal();
      await expect.poll(() => own.read(ONE).catch((error: unknown) => error)).toHaveLength(1);
      await expect.poll(() => both().catch(String)).toBe(2);
    });

    it('a connection that is being opened has a deadline, and the next attempt opens another', async () => {
      const auth = openAuthDatabase(dataSource, { timeoutMs: AMPLE_MS });
      const committed = () =>
        dataSource.transaction('REPEATABLE READ', (manager) =>
          auth.join(manager, function* () {
            return (yield { ...ONE, committed: true }).rows;
          }),
        );
      await dataSource.query(ONE.sql);
      const before = proxy.open;
      // What TypeORM asks on a connection that was made without trouble.
      proxy.cutAt(/version\(\)/i, 'lost');
      await expect(committed()).rejects.toThrow('was not made in time');
      await expect.poll(() => proxy.open).toBe(before);
      expect(await committed()).toHaveLength(1);
      await auth.close();
      await expect.poll(() => proxy.open).toBe(before);
      await expect(committed()).rejects.toThrow('closed');
    });

    it("the application's pool has a deadline too, and gets back what comes late", async () => {
      const auth = openAuthDatabase(dataSource, { timeoutMs: AMPLE_MS });
      const holders = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      await Promise.all(holders.map((holder) => holder.connect()));
      await expect(auth.read(ONE)).rejects.toThrow('was not made in time');
      await Promise.all(holders.map((holder) => holder.release()));
      await sleep(50);
      // Two places, and none was lost.
      await Promise.all(holders.map(() => auth.read(ONE)));
    });
    it.runIf(kind === 'postgres')('warns of a pool of the application without a deadline', () => {
      expect(adviceFor({})).toContain('Set connectTimeoutMS');
      expect(adviceFor({ extra: { connectionTimeoutMillis: 0 } })).toContain(
        'Set connectTimeoutMS',
      );
      expect(adviceFor({ connectTimeoutMS: 5_000 })).toBeUndefined();
      expect(adviceFor({ extra: { connectionTimeoutMillis: 5_000 } })).toBeUndefined();
    });
  },
  ['postgres', 'mariadb'],
);
