/** Deployments that share a Redis, or a PostgreSQL server, do not wake each other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FreshnessMonitor, type FreshnessOptions } from 'nestjs-revocable-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { type DatabaseKind, serviceUrl, type TestDatabase } from '../../support/databases.js';
import { watchedDatabase } from '../../support/watched-database.js';

interface Shared {
  readonly name: string;
  /** Of the service that they share; without it there is nothing to show. */
  readonly variable: 'TEST_REDIS_URL' | 'TEST_POSTGRES_URL';
  readonly kind: DatabaseKind;
  wakeUp(url: string): NonNullable<FreshnessOptions['wakeUp']>;
}

const SHARED: readonly Shared[] = [
  {
    name: 'a Redis',
    variable: 'TEST_REDIS_URL',
    kind: 'sqlite',
    wakeUp: (redis) => ({ redis }),
  },
  {
    name: 'a PostgreSQL server',
    variable: 'TEST_POSTGRES_URL',
    kind: 'postgres',
    wakeUp: () => 'auto',
  },
];

for (const shared of SHARED) {
  const url = serviceUrl(shared.variable) ?? '';
  const name = url === '' ? `: skipped, ${shared.variable} is not set` : '';
  describe.skipIf(url === '')(shared.name + name, () => suite(shared, url));
}

const lastWakeUp = ({ app }: AuthApp) => app.get(FreshnessMonitor).status().lastWakeUpAt;

function suite({ kind, wakeUp }: Shared, url: string): void {
  const databases: TestDatabase[] = [];
  const apps: AuthApp[] = [];
  /** Two processes on one database. */
  const deployment = async () => {
    const auth = authOptions({ auth: { freshness: { mode: 'tracked', wakeUp: wakeUp(url) } } });
    const database = await watchedDatabase(kind, auth);
    databases.push(database);
    const process = async () => {
      const app = await startAuthApp({ database, synchronize: false, auth, jwt: auth.jwt });
      apps.push(app);
      return app;
    };
    return [await process(), await process()] as const;
  };
  let one: readonly [AuthApp, AuthApp];
  let other: readonly [AuthApp, AuthApp];
  beforeAll(async () => {
    one = await deployment();
    other = await deployment();
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    for (const database of databases) await database.drop();
  });

  it('a hint reaches the processes of its own deployment, and no other', async () => {
    const hears = async ([teller, listener]: readonly [AuthApp, AuthApp]) => {
      const before = lastWakeUp(listener);
      await teller.revocation.revokeToken({ jti: 'taken-away' });
      await expect.poll(() => lastWakeUp(listener)).not.toEqual(before);
    };
    await hears(one);
    await sleep(300);
    expect(other.map(lastWakeUp)).toEqual([undefined, undefined]);
    // They would hear of it.
    await hears(other);
  });
}
