/** A refresh token is never traded on memory, however old that may be, nor on what the log still tells. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codeOf, type SessionApp, startSessionApp } from '../../sessions/support/session-app.js';
import { authOptions, type AuthApp, startAuthApp } from '../../support/auth-app.js';
import { describeOnDatabases, type TestDatabase } from '../../support/databases.js';
import { watchedDatabase } from '../../support/watched-database.js';

const LIFE_MS = 600_000;

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let here: SessionApp;
  let there: AuthApp;
  beforeAll(async () => {
    const options = authOptions({
      jwt: { accessTokenTtl: `${LIFE_MS}ms` },
      auth: {
        sessions: {},
        // This process hears of changes by others only after a quarter of this time.
        freshness: { mode: 'tracked', maxStaleness: '60s', wakeUp: 'poll' },
      },
    });
    database = await watchedDatabase(kind, options);
    const given = { database, synchronize: false, auth: options, jwt: options.jwt };
    here = await startSessionApp(given);
    there = await startAuthApp(given);
    // Tokens from before a process began to follow the log are read.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  });
  afterAll(async () => {
    await here?.close();
    await there?.close();
    await database?.drop();
  });

  it('a version that was raised by hand: the access token is still accepted here, and there is no new one', async () => {
    const { person, pair } = await here.newcomer();
    await there.dataSource.query(
      `UPDATE person SET token_version = token_version + 1 WHERE id = ${person.id}`,
    );
    expect((await here.whoami(pair.accessToken)).status).toBe(200);
    expect(await codeOf(here.sessions.refresh(pair.refreshToken))).toBe('token_superseded');
  });

  it('everybody was revoked longer ago than a token lives, and the log has no row of it any more', async () => {
    const { person, pair } = await here.newcomer();
    await there.revocation.revokeAll();
    expect((await here.whoami(pair.accessToken)).status).toBe(200);
    expect(await codeOf(here.sessions.refresh(pair.refreshToken))).toBe('token_revoked');
    // Every row that a purge may take has gone, and the head row with them.
    await here.age(pair.sessionId, LIFE_MS + 1_000);
    await here.dataSource.query('DELETE FROM auth_revocation');
    for (const app of [here, there]) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('token_revoked');
    }
    const again = await here.signIn(person);
    expect(await codeOf(there.sessions.refresh(again.refreshToken))).toBe('accepted');
  });
});
