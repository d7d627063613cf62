/** Sessions of two processes in tracked freshness, on Express and Fastify: what one ends is over in both. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { type Client, expectRefusal } from './support/client.js';
import { type AppProcess, start } from './support/process.js';

// Each process takes a second or more to load.
vi.setConfig({ testTimeout: 60_000 });

const BOUND_MS = 500;

const holding = (app: AppProcess, token: unknown): Client => app.nobody.holding(String(token));
const me = (app: AppProcess, token: unknown) => holding(app, token).get('/me');
const refresh = (app: AppProcess, refreshToken: unknown) =>
  app.nobody.post('/auth/refresh', { refreshToken });

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let here: AppProcess;
  let there: AppProcess;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const env = {
      DATABASE_URL: database.url,
      AUTH_FRESHNESS: 'tracked',
      AUTH_MAX_STALENESS: `${BOUND_MS}ms`,
    };
    [here, there] = await Promise.all([start(env), start({ ...env, HTTP_ADAPTER: 'fastify' })]);
  }, 120_000);
  afterAll(async () => {
    const ended = await Promise.all([here, there].map((app) => app?.stop('SIGTERM')));
    for (const ending of ended) expect(ending?.stderr).toBe('');
    await database?.drop();
  });

  /** Somebody new who has just signed in. */
  const signedIn = async () => {
    const { email, password, id } = await here.newcomer();
    const { body } = await here.nobody.post('/auth/login', { email, password });
    return { id, access: body['accessToken'], refreshToken: body['refreshToken'] };
  };

  it('a login of one is known to the other, and so is its logout', async () => {
    const { access, refreshToken } = await signedIn();
    for (const app of [here, there]) expect((await me(app, access)).status).toBe(200);
    expect((await holding(there, access).post('/auth/logout')).status).toBe(204);
    expectRefusal(await me(there, access), 401, 'session_ended');
    // What mints has read it in any case.
    expectRefusal(await refresh(here, refreshToken), 401, 'session_ended');
    await sleep(BOUND_MS);
    expectRefusal(await me(here, access), 401, 'session_ended');
  });

  it('a refresh token is used once over both, a retry is answered by either, a replay ends it in both', async () => {
    const { refreshToken } = await signedIn();
    const second = await refresh(there, refreshToken);
    const retry = await refresh(here, refreshToken);
    expect(retry.body['refreshToken']).toBe(second.body['refreshToken']);
    const third = await refresh(here, second.body['refreshToken']);
    for (const app of [here, there]) {
      expect((await me(app, third.body['accessToken'])).status).toBe(200);
    }
    expectRefusal(await refresh(there, refreshToken), 401, 'refresh_reused');
    expectRefusal(await me(there, third.body['accessToken']), 401, 'session_ended');
    expectRefusal(await refresh(here, third.body['refreshToken']), 401, 'session_ended');
    await sleep(BOUND_MS);
    for (const { body } of [second, retry, third]) {
      expectRefusal(await me(here, body['accessToken']), 401, 'session_ended');
    }
  });

  it('an admin who waits for everywhere has ended it in both', async () => {
    const { id, access } = await signedIn();
    expect((await me(there, access)).status).toBe(200);
    const admin = await there.as('admin');
    const { items } = await admin.get(`/admin/users/${id}/sessions`);
    for (const session of items) {
      const path = `/admin/sessions/${String(session['id'])}?visibility=everywhere`;
      expect((await admin.delete(path)).status).toBe(204);
    }
    for (const app of [here, there]) expectRefusal(await me(app, access), 401, 'session_ended');
  });
});
