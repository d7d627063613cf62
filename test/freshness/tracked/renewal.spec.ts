/** Within the bound a request may be let in on memory that is old already. It is given no new token for it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeskController } from '../../interceptors/support/desk.controller.js';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { describeOnDatabases, type TestDatabase } from '../../support/databases.js';
import { aged } from '../../support/tokens.js';
import { watchedDatabase } from '../../support/watched-database.js';

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let app: AuthApp;
  beforeAll(async () => {
    const options = authOptions({
      jwt: { accessTokenTtl: '600s' },
      auth: {
        renewal: { maxAge: '1h' },
        // This process hears of changes by others only after a quarter of this time.
        freshness: { mode: 'tracked', maxStaleness: '60s', wakeUp: 'poll' },
      },
    });
    database = await watchedDatabase(kind, options);
    app = await startAuthApp({
      database,
      synchronize: false,
      auth: options,
      jwt: options.jwt,
      controllers: [DeskController],
    });
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  it('a version that was raised by hand: the token is still accepted here, and is not renewed', async () => {
    const person = await app.addPerson();
    const token = aged((await app.auth.signIn(person)).accessToken, app.options, 400);
    const before = await app.get('desk/ok', token);
    expect([before.status, before.headers.has('x-renewed-token')]).toEqual([200, true]);
    await app.dataSource.query(
      `UPDATE person SET token_version = token_version + 1 WHERE id = ${person.id}`,
    );
    const within = await app.get('desk/ok', token);
    expect([within.status, within.headers.has('x-renewed-token')]).toEqual([200, false]);
    await app.revocation.everywhere();
    expect((await app.get('desk/ok', token)).status).toBe(401);
  });
});
