/** What the application's own pool of connections can do to decisions, and they to it. */
import { expect, it } from 'vitest';
import { startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';

describeOnDatabases(() => {
  it('a session whose autocommit is off cannot let a disabled account in', async () => {
    const app = await startAuthApp({ kind: 'mariadb' });
    const alice = await app.addPerson();
    const { accessToken } = await app.auth.signIn(alice);
    // As `init_connect` does: on each connection of the pool.
    const sessions = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const runner = app.dataSource.createQueryRunner();
        await runner.query('SET SESSION autocommit = 0');
        return runner;
      }),
    );
    await Promise.all(sessions.map((runner) => runner.release()));
    await Promise.all(Array.from({ length: 20 }, () => app.whoami(accessToken)));

    const elsewhere = await app.database.connect({ entities: [Person] });
    await elsewhere.getRepository(Person).update({ id: alice.id }, { status: 'disabled' });
    for (let request = 0; request < 10; request++) {
      expect(await app.whoami(accessToken)).toMatchObject({
        status: 503,
        body: { code: 'auth_unavailable' },
      });
    }
    await app.close();
  });
}, ['mariadb']);

describeOnDatabases(
  (kind) => {
    it('a flood of requests leaves connections to the application', async () => {
      const app = await startAuthApp({ kind });
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const { dataSource } = app;
      const create = dataSource.createQueryRunner.bind(dataSource);
      let [inUse, most] = [0, 0];
      dataSource.createQueryRunner = (mode) => {
        const runner = create(mode);
        const release = runner.release.bind(runner);
        most = Math.max(most, ++inUse);
        runner.release = () => {
          inUse--;
          return release();
        };
        return runner;
      };
      const batch = kind === 'postgres' ? 1000 : 200;
      await Promise.all(
        Array.from({ length: 9 * batch }, () => app.auth.authenticate(accessToken)),
      );
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(4);
      await app.close();
    });
  },
  ['postgres', 'mariadb'],
);
