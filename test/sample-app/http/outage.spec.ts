import { expect, it } from 'vitest';
import { createTestDatabase, describeOnDatabases } from '../../support/databases.js';
import { expectRefusal } from '../support/client.js';
import { faultProxyTo } from '../../support/fault-proxy.js';
import { startApp } from '../support/running-app.js';

describeOnDatabases(
  (kind) => {
    it('the answer is 503 without the database: never a refusal, and over when it is back', async () => {
      const database = await createTestDatabase(kind);
      const proxy = await faultProxyTo(database.url);
      const app = await startApp({ DATABASE_URL: proxy.url });
      try {
        const alice = await app.as('alice');
        proxy.refuse();
        expectRefusal(await alice.get('/auth/whoami'), 503, 'auth_unavailable');
        expectRefusal(await alice.get('/me'), 503, 'auth_unavailable');
        expectRefusal(await alice.post('/auth/logout'), 503, 'auth_unavailable');
        expectRefusal(await app.nobody.get('/articles'), 503, 'auth_unavailable');
        const credentials = { email: 'alice@example.com', password: 'alice-password' };
        expectRefusal(await app.nobody.post('/auth/login', credentials), 503, 'auth_unavailable');
        expectRefusal(await alice.holding('x').get('/me'), 401, 'token_malformed');
        const ready = await app.nobody.get('/health/ready');
        expect(ready.status).toBe(503);
        expect(ready.body).toMatchObject({
          status: 'error',
          error: { database: { status: 'down', message: 'The database does not answer.' } },
        });
        expect((await app.nobody.get('/health/live')).status).toBe(200);

        proxy.heal();
        expect((await alice.get('/me')).status).toBe(200);
        expect((await app.nobody.get('/health/ready')).status).toBe(200);
      } finally {
        await app.close();
        await proxy.close();
        await database.drop();
      }
    });
  },
  ['postgres', 'mariadb'],
);
