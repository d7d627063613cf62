/** The sample application's routes for sessions and refresh tokens, end to end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Client, expectRefusal } from '../support/client.js';
import { forge, isWholeLife } from '../../support/tokens.js';
import { type Newcomer, type RunningApp, SIGNING } from '../support/running-app.js';
import { describeEverywhere, type Target } from '../support/targets.js';

const NO_ONE = '00000000-0000-4000-8000-000000000000';

const end = (client: Client, id: unknown) => client.delete(`/auth/sessions/${String(id)}`);

/** Tracked: each adapter and each database once. */
const modesOf = ({ adapter, database }: Target) =>
  (adapter === 'fastify') === (database === 'mariadb') || database === 'sqlite'
    ? ['strict', 'tracked']
    : ['strict'];

describeEverywhere((target) =>
  describe.each(modesOf(target))('%s', (mode) => routes(target, mode)),
);

function routes(target: Target, mode: string): void {
  let app: RunningApp;
  let admin: Client;
  beforeAll(async () => {
    app = await target.start({ REFRESH_LEEWAY: '60s', AUTH_FRESHNESS: mode });
    admin = await app.as('admin');
    const { body } = await app.nobody.get('/health/ready');
    expect(body).toMatchObject({ details: { auth: { status: 'up', mode } } });
  });
  afterAll(() => app.close());

  /** Signs in on a device, as a browser or an app would. */
  const on = async (device: string, { email, password }: Newcomer) => {
    const { body } = await app.nobody.post('/auth/login', { email, password, device });
    const client = new Client(app.url, String(body['accessToken']), String(body['sessionId']));
    return { client, refreshToken: body['refreshToken'] };
  };
  const refresh = (refreshToken: unknown) => app.nobody.post('/auth/refresh', { refreshToken });
  const bearerOf = ({ body }: Answer) => app.nobody.holding(String(body['accessToken']));

  it('a refresh token is traded for a new pair, once; a retry gets the same; a replay ends the session', async () => {
    const bob = await app.newcomer();
    const { client, refreshToken } = await on('laptop', bob);
    const phone = await on('phone', bob);
    const second = await refresh(refreshToken);
    expect(second.status).toBe(200);
    expect(second.headers.get('cache-control')).toBe('no-store');
    expect(second.body).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: expect.toSatisfy(isWholeLife),
      refreshToken: expect.any(String),
      sessionId: client.sessionId,
    });
    expect(second.body['refreshToken']).not.toBe(refreshToken);
    expect((await bearerOf(second).get('/me')).status).toBe(200);
    // The old access token is good until it expires.
    expect((await client.get('/me')).status).toBe(200);

    const retry = await refresh(refreshToken);
    expect(retry.body['refreshToken']).toBe(second.body['refreshToken']);

    const third = await refresh(second.body['refreshToken']);
    expect(third.status).toBe(200);
    expectRefusal(await refresh(refreshToken), 401, 'refresh_reused');
    expectRefusal(await refresh(third.body['refreshToken']), 401, 'session_ended');
    expectRefusal(await bearerOf(third).get('/me'), 401, 'session_ended');
    // The other device has nothing to do with it.
    expect((await phone.client.get('/me')).status).toBe(200);

    const { items } = await admin.get(`/admin/events?userId=${bob.id}`);
    expect(items).toContainEqual(
      expect.objectContaining({ type: 'refresh_reused', sessionId: client.sessionId }),
    );
  });

  it('an invented refresh token and a missing one are refused differently', async () => {
    expectRefusal(await refresh('x.y'), 401, 'token_malformed');
    expectRefusal(await refresh(`${NO_ONE}.${'A'.repeat(64)}`), 401, 'token_invalid');
    expectRefusal(await refresh('x'.repeat(9_000)), 400, 'invalid_request');
    expectRefusal(await refresh('x'.repeat(70_000)), 413, 'payload_too_large');
    expectRefusal(await app.nobody.post('/auth/refresh'), 400, 'invalid_request');
  });

  it('logout accepts the refresh token alone, or beside an invalid access token, and again', async () => {
    const bob = await app.newcomer();
    for (const kind of ['none', 'expired', 'ended'] as const) {
      const { client, refreshToken } = await on('laptop', bob);
      const phone = await on('phone', bob);
      const expired = forge(client.token ?? '', SIGNING, {
        claims: { iat: 1, exp: 901, iat_ms: 1_000, auth_time: 1 },
      });
      const token = { none: undefined, expired, ended: client.token }[kind];
      if (kind === 'ended') await end(phone.client, client.sessionId);
      for (let time = 0; time < 2; time++) {
        const { status, text } = await app.nobody
          .holding(token)
          .post('/auth/logout', { refreshToken });
        expect([kind, status, text]).toEqual([kind, 204, '']);
      }
      expectRefusal(await refresh(refreshToken), 401, 'session_ended');
      expectRefusal(await client.get('/me'), 401, 'session_ended');
      expect((await phone.client.get('/me')).status).toBe(200);
    }
    // With an expired access token alone, too.
    const { client, refreshToken } = await on('laptop', bob);
    const expired = forge(client.token ?? '', SIGNING, {
      claims: { iat: 1, exp: 901, iat_ms: 1_000, auth_time: 1 },
    });
    expect((await app.nobody.holding(expired).post('/auth/logout')).status).toBe(204);
    expectRefusal(await refresh(refreshToken), 401, 'session_ended');
    expectRefusal(await app.nobody.post('/auth/logout'), 401, 'token_missing');
    const { items } = await admin.get(`/admin/events?userId=${bob.id}&limit=100`);
    expect(items.filter(({ reason }) => reason === 'logout').length).toBeGreaterThanOrEqual(3);
  });

  it('logout ends the refresh token too', async () => {
    const { client, refreshToken } = await on('laptop', await app.newcomer());
    expect((await client.post('/auth/logout')).status).toBe(204);
    expectRefusal(await refresh(refreshToken), 401, 'session_ended');
  });

  it('a user sees their own sessions, and ends one of them', async () => {
    const bob = await app.newcomer();
    const laptop = await on('laptop', bob);
    const phone = await on('phone', bob);
    const { status, headers, items } = await laptop.client.get('/auth/sessions');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(items.map(({ device }) => device)).toEqual(['phone', 'laptop', null]);
    expect(items[1]).toEqual({
      id: laptop.client.sessionId,
      device: 'laptop',
      ip: '127.0.0.1',
      userAgent: expect.stringMatching(/node|undici/),
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      lastSeenAt: expect.any(String),
      expiresAt: expect.any(String),
      current: true,
    });
    expect(items[0]).toMatchObject({ id: phone.client.sessionId, current: false });

    const stranger = await app.newcomer();
    expectRefusal(await end(stranger.client, phone.client.sessionId), 404, 'not_found');
    for (const id of [NO_ONE, 'x', '%00', "';--"]) {
      expectRefusal(await end(laptop.client, id), 404, 'not_found');
    }
    expect((await phone.client.get('/me')).status).toBe(200);

    const ended = await end(laptop.client, phone.client.sessionId);
    expect([ended.status, ended.text]).toEqual([204, '']);
    expectRefusal(await phone.client.get('/me'), 401, 'session_ended');
    expectRefusal(await refresh(phone.refreshToken), 401, 'session_ended');
    expectRefusal(await end(laptop.client, phone.client.sessionId), 404, 'not_found');
    expect((await laptop.client.get('/auth/sessions')).items).toHaveLength(2);
  });

  it('logs out everywhere else, or everywhere', async () => {
    const bob = await app.newcomer();
    const laptop = await on('laptop', bob);
    const phone = await on('phone', bob);
    const others = await laptop.client.post('/auth/logout-all', { keepCurrent: true });
    expect(others.status).toBe(204);
    expect(others.headers.get('clear-site-data')).toBeNull();
    expectRefusal(await phone.client.get('/me'), 401, 'session_ended');
    expectRefusal(await refresh(phone.refreshToken), 401, 'session_ended');
    const next = await refresh(laptop.refreshToken);
    expect((await bearerOf(next).get('/me')).status).toBe(200);

    const everywhere = await laptop.client.post('/auth/logout-all');
    expect(everywhere.status).toBe(204);
    expect(everywhere.headers.get('clear-site-data')).toContain('"cookies"');
    expectRefusal(await refresh(next.body['refreshToken']), 401, 'session_ended');
    expect((await (await on('laptop', bob)).client.get('/auth/sessions')).items).toHaveLength(1);
  });

  it('a new password keeps the caller’s session with a new pair, and ends every other', async () => {
    const bob = await app.newcomer();
    const laptop = await on('laptop', bob);
    const phone = await on('phone', bob);
    const changed = await laptop.client.post('/auth/password', {
      currentPassword: bob.password,
      newPassword: 'another password',
    });
    expect(changed.body['sessionId']).toBe(laptop.client.sessionId);
    expectRefusal(await refresh(phone.refreshToken), 401, 'credentials_changed');
    const next = await refresh(changed.body['refreshToken']);
    expect(next.status).toBe(200);
    const mine = bearerOf(next);
    expect((await mine.get('/auth/sessions')).items).toMatchObject([
      { id: laptop.client.sessionId, device: 'laptop', current: true },
    ]);
  });

  it('an action that cannot be undone requires a recent sign-in', async () => {
    const bob = await app.newcomer();
    const auth_time = Math.floor(Date.now() / 1000) - 902;
    const longAgo = (client: Client) =>
      app.nobody.holding(forge(client.token ?? '', SIGNING, { claims: { auth_time } }));
    const { email, password } = bob;
    for (const answer of [
      await longAgo(bob.client).post('/auth/password', {
        currentPassword: password,
        newPassword: 'another password',
      }),
      await longAgo(admin).delete(`/admin/users/${bob.id}`),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body['code']).toBe('insufficient_user_authentication');
      expect(answer.headers.get('www-authenticate')).toMatch(
        /^Bearer error="insufficient_user_authentication".*max_age="900"$/,
      );
    }
    await app.nobody.login(email, password);
    expect((await admin.delete(`/admin/users/${bob.id}`)).status).toBe(204);
  });

  describe('an admin', () => {
    it('sees and ends the session of any user', async () => {
      const bob = await app.newcomer();
      const laptop = await on('laptop', bob);
      const { status, items } = await admin.get(`/admin/users/${bob.id}/sessions`);
      expect(status).toBe(200);
      expect(items).toMatchObject([
        { id: laptop.client.sessionId, device: 'laptop', current: false },
        { id: bob.client.sessionId, device: null, current: false },
      ]);
      const path = `/admin/sessions/${laptop.client.sessionId}?visibility=everywhere`;
      expect((await admin.delete(path)).status).toBe(204);
      expectRefusal(await laptop.client.get('/me'), 401, 'session_ended');
      expectRefusal(await refresh(laptop.refreshToken), 401, 'session_ended');
      expectRefusal(await admin.delete(path), 404, 'not_found');
      expect((await bob.client.get('/me')).status).toBe(200);
      const trail = await admin.get(`/admin/events?userId=${bob.id}`);
      expect(trail.items).toContainEqual(
        expect.objectContaining({ type: 'session_ended', actorId: expect.any(String) }),
      );
      expectRefusal(await admin.get(`/admin/users/${NO_ONE}/sessions`), 404, 'not_found');
    });

    it('logs a user out: refresh tokens too', async () => {
      const bob = await app.newcomer();
      const laptop = await on('laptop', bob);
      const logout = `/admin/users/${bob.id}/logout?visibility=everywhere`;
      expect((await admin.post(logout)).status).toBe(204);
      expectRefusal(await refresh(laptop.refreshToken), 401, 'session_ended');
      expect((await admin.get(`/admin/users/${bob.id}/sessions`)).items).toEqual([]);
    });

    it('disables an account: nothing can be refreshed', async () => {
      const bob = await app.newcomer();
      const laptop = await on('laptop', bob);
      await admin.patch(`/admin/users/${bob.id}`, { status: 'disabled' });
      const refused = await refresh(laptop.refreshToken);
      expect(refused.status).toBe(401);
      await admin.patch(`/admin/users/${bob.id}`, { status: 'active' });
      expect((await refresh(laptop.refreshToken)).status).toBe(401);
    });
  });
}
