/** Answers that are here long after the database gave them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuthModuleOptions } from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { describeOnDatabases, reachedAt, type TestDatabase } from '../../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../../support/fault-proxy.js';
import { Person } from '../../support/person.entity.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.js';

const BOUND = 500;

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let proxy: FaultProxy;
    let far: AuthApp;
    let near: AuthApp;
    beforeAll(async () => {
      const auth: AuthModuleOptions = authOptions({
        auth: { freshness: { mode: 'tracked', maxStaleness: BOUND, wakeUp: 'poll' } },
      });
      database = await watchedDatabase(kind, auth);
      proxy = await faultProxyTo(database.url);
      const given = { synchronize: false, auth, jwt: auth.jwt };
      near = await startAuthApp({ database, ...given });
      far = await startAuthApp({ database: reachedAt(database, proxy.url), ...given });
    });
    afterAll(async () => {
      proxy.heal();
      await far.close();
      await near.close();
      await proxy.close();
      await database.drop();
    });

    describe.each(['whoami', 'strict'] as const)('GET /%s', (route) => {
      it('is not accepted on an answer from before a change, once everywhere() has resolved', async () => {
        const person = await near.addPerson({});
        const { accessToken } = await near.auth.signIn(person);
        await sleep(1_300);
        // A watched change, so that the next request must read.
        await near.dataSource
          .getRepository(Person)
          .update({ id: person.id }, { validUntil: new Date('2099-01-01') });
        await near.revocation.everywhere();
        // There is a connection that the request need not wait for.
        await far.dataSource.query('SELECT 1');
        proxy.fault('hold', 'toClient');
        const sent = sentBy(far, proxy);
        const request = far.get(route, accessToken);
        await vi.waitUntil(() => sent(/FROM .person. u\b/), WAIT_LIMIT_MS);
        // Its statement has been carried out; the answer is under way.
        await sleep(150);
        await near.revocation.revokeUser(person.id, { visibility: 'everywhere' });
        proxy.heal();
        expect((await request).status).not.toBe(200);
      });
    });
  },
  ['postgres', 'mariadb'],
);

/** Tells whether such a statement has gone to the server since this call, with all that went beside. */
function sentBy({ queries }: AuthApp, proxy: FaultProxy): (statement: RegExp) => boolean {
  const [count, bytes] = [queries.statements.length, proxy.bytesToServer];
  return (statement) => {
    const since = queries.statements.slice(count);
    const length = since.reduce((sum, sql) => sum + sql.length, 0);
    return since.some((sql) => statement.test(sql)) && proxy.bytesToServer - bytes >= length;
  };
}
