/** A server that ends a connection just when it has been made, as one that is shut down does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAuthDatabase, openOwnDatabase } from '../support/open-database.js';
import type { AuthDatabase } from '../../lib/database/database.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../support/fault-proxy.js';
import { WAIT_LIMIT_MS } from '../support/wait-limit.js';

const ONE = { sql: 'SELECT 1 AS one', params: [] };
const OTHERS = `
  SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;

describeOnDatabases(() => {
  let database: TestDatabase;
  let proxy: FaultProxy;
  let side: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    proxy = await faultProxyTo(database.url);
    side = await database.connect({ poolSize: 1 });
  });
  afterAll(async () => {
    await side.destroy();
    await proxy.close();
    await database.drop();
  });

  /** Ends the connection that is there, or the next that comes. */
  const endNext = () =>
    expect
      .poll(
        async () => {
          const [other] = await side.query(OTHERS);
          return other === undefined
            ? false
            : side.query('SELECT pg_terminate_backend($1, 5000)', [other.pid]);
        },
        { timeout: WAIT_LIMIT_MS },
      )
      .toEqual([{ pg_terminate_backend: true }]);

  it.each([
    ["the application's", (dataSource: DataSource) => openAuthDatabase(dataSource)],
    [
      "the library's own",
      (dataSource: DataSource) => openOwnDatabase(dataSource, { timeoutMs: 5_000 }),
    ],
  ])('%s pool: the process lives on', async (_, open) => {
    const dataSource = await database.connect({ url: proxy.url, poolSize: 1 });
    const auth: AuthDatabase = await open(dataSource);
    // The next read makes a connection.
    proxy.cut();
    await expect.poll(() => proxy.open).toBe(0);
    await sleep(100);
    // What the server says from now on arrives as one: that it is ready, and that it ends.
    proxy.fault('hold', 'toClient');
    const reading = auth.read(ONE);
    await endNext();
    proxy.heal();
    await expect(reading).rejects.toThrow();
    expect(await auth.read(ONE)).toHaveLength(1);
    await auth.close();
    await dataSource.destroy();
  });

  it("the library's own pool, while it is opened: the process lives on", async () => {
    const dataSource = await database.connect({ url: proxy.url, poolSize: 1 });
    await dataSource.destroy();
    proxy.fault('hold', 'toClient');
    const opening = openOwnDatabase(dataSource, { timeoutMs: 5_000 }).catch(() => undefined);
    // The first is only tried, and the second is given to somebody.
    for (let count = 0; count < 2; count++) {
      // oxlint-disable-next-line no-await-in-loop
      await endNext();
      proxy.heal();
      proxy.fault('hold', 'toClient');
    }
    proxy.heal();
    await (await opening)?.close();
  });
}, ['postgres']);
