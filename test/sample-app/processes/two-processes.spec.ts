/** Sessions of two processes in tracked freshness, on Express and Fastify: what one ends is over in both. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { type Answer, type Client, expectRefusal } from '../support/client.js';
import { type AppProcess, start } from '../support/process.js';

const BOUND_MS = 500;

const holding = (app: AppProcess, token: unknown): Client => app.nobody.holding(String(token));
const me = (app: AppProcess, token: unknown) => holding(app, token).get('/me');
const refresh = (app: AppProcess, refreshToken: unknown) =>
  app.nobody.post('/auth/refresh', { refreshToken });

/** Somebody who has just signed in. */
interface Signed {
  readonly id: string;
  readonly access: unknown;
  readonly sessionId: unknown;
  readonly refreshToken: unknown;
}

/** Every route of an admin's that takes something away. */
const EVERYWHERE: Readonly<Record<string, (admin: Client, of: Signed) => Promise<Answer>>> = {
  'a token': (admin, { access }) =>
    admin.post('/admin/tokens/revoke?visibility=everywhere', { token: access }),
  'a session': (admin, { sessionId }) =>
    admin.delete(`/admin/sessions/${String(sessionId)}?visibility=everywhere`),
  'the user logged out': (admin, { id }) =>
    admin.post(`/admin/users/${id}/logout?visibility=everywhere`),
  'the user disabled': (admin, { id }) =>
    admin.patch(`/admin/users/${id}?visibility=everywhere`, { status: 'disabled' }),
  'the user deleted': (admin, { id }) => admin.delete(`/admin/users/${id}?visibility=everywhere`),
  'the subject replaced': (admin, { id }) =>
    admin.post(`/admin/users/${id}/reset-subject?visibility=everywhere`, {
      newPassword: 'a fresh password',
    }),
  'everybody’s': (admin) => admin.post('/admin/revoke-all?visibility=everywhere', {}),
};

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
  });
  afterAll(async () => {
    const ended = await Promise.all([here, there].map((app) => app?.stop('SIGTERM')));
    for (const ending of ended) expect(ending?.stderr).toBe('');
    await database?.drop();
  });

  const signedIn = async (): Promise<Signed> => {
    const { email, password, id } = await here.newcomer();
    const { body } = await here.nobody.post('/auth/login', { email, password });
    const { accessToken: access, sessionId, refreshToken } = body;
    return { id, access, sessionId, refreshToken };
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

  it.each(Object.keys(EVERYWHERE))(
    'an admin who waits for everywhere has ended it in both: %s',
    async (name) => {
      const signed = await signedIn();
      const admin = await there.as('admin');
      for (const app of [here, there]) expect((await me(app, signed.access)).status).toBe(200);
      const { status, text } = (await EVERYWHERE[name]?.(admin, signed)) ?? {};
      expect([200, 204], text).toContain(status);
      // Where nothing tells it of a change, the other one would accept until its next read.
      for (const app of [here, there]) expect((await me(app, signed.access)).status).toBe(401);
    },
  );
});
