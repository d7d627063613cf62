/** Strict processes beside tracked ones: they need no answer themselves, and wait for those of the others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { authOptions, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { watchedDatabase } from '../support/watched-database.js';

describeOnDatabases((kind) => {
  it('what one revokes everywhere, a tracked one refuses', async () => {
    const freshness = { mode: 'tracked', maxStaleness: '8s', wakeUp: 'poll' } as const;
    const options = authOptions({ auth: { freshness } });
    const database = await watchedDatabase(kind, options);
    const given = { database, synchronize: false, jwt: options.jwt };
    const tracked = await startAuthApp({ ...given, auth: options });
    const strict = await startAuthApp({ ...given, auth: { freshness: { mode: 'strict' } } });
    try {
      // Tokens from before a process began to follow the log are read.
      await sleep(1_100);
      const { accessToken } = await strict.auth.signIn(await strict.addPerson());
      expect((await tracked.whoami(accessToken)).status).toBe(200);
      // Nobody tells the tracked one, which looks every two seconds.
      await strict.revocation.revokeToken(accessToken, { visibility: 'everywhere' });
      expect((await tracked.whoami(accessToken)).status).toBe(401);
    } finally {
      await strict.close();
      await tracked.close();
      await database.drop();
    }
  });

  it('a process that asks removes the rows of processes that died', async () => {
    const app = await startAuthApp({ kind });
    await app.dataSource.query(
      "INSERT INTO auth_process (id, realm, max_staleness, complete_as_of, asked_at) VALUES ('dead', 'jwt', 0, 1, 1)",
    );
    await app.revocation.everywhere();
    const dead = () => app.dataSource.query("SELECT id FROM auth_process WHERE id = 'dead'");
    await expect.poll(dead).toEqual([]);
    await app.close();
  });
});
