import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, expectRefusal } from '../support/client.js';
import type { RunningApp } from '../support/running-app.js';
import { describeEverywhere } from '../support/targets.js';
import { claimsOf, isWholeLife } from '../../support/tokens.js';

const UUID = /^[0-9a-f-]{36}$/;
const NO_ONE = '00000000-0000-4000-8000-000000000000';

/** What each route answers when all is well, and what each refuses. */
describeEverywhere((target) => {
  let app: RunningApp;
  let admin: Client;
  let editor: Client;
  let alice: Client;
  beforeAll(async () => {
    app = await target.start();
    [admin, editor, alice] = await Promise.all([
      app.as('admin'),
      app.as('editor'),
      app.as('alice'),
    ]);
  });
  afterAll(() => app.close());

  const revoke = (body: object) => admin.post('/admin/tokens/revoke', body);
  const revokeAll = (body: object) => admin.post('/admin/revoke-all', body);

  describe('an account', () => {
    it('is registered once, for every spelling of its e-mail', async () => {
      const account = { email: ' Bob@Example.com', password: 'bob-password', name: 'Bob 🙂' };
      const made = await app.nobody.post('/auth/register', account);
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        id: expect.stringMatching(UUID),
        email: 'bob@example.com',
        name: 'Bob 🙂',
        roles: ['user'],
        status: 'active',
      });
      expectRefusal(await app.nobody.post('/auth/register', account), 409, 'email_taken');
      // A collation that ignores accents would take these two for one.
      const accented = await app.nobody.post('/auth/register', {
        ...account,
        email: 'bób@example.com',
      });
      expect(accented.status).toBe(201);
    });

    it('logs in, and whoami says who it is', async () => {
      const { status, headers, body } = await app.nobody.post('/auth/login', {
        email: 'ALICE@example.com',
        password: 'alice-password',
        device: 'laptop',
      });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toEqual({
        accessToken: expect.any(String),
        tokenType: 'Bearer',
        expiresIn: expect.toSatisfy(isWholeLife),
        refreshToken: expect.any(String),
        sessionId: expect.stringMatching(UUID),
      });

      const client = alice.holding(String(body['accessToken']));
      const { sessionId } = body;
      expect((await client.get('/auth/whoami')).body).toEqual({
        subject: expect.stringMatching(UUID),
        roles: ['user'],
        sessionId,
      });
      expect((await client.get('/me')).body).toEqual({
        id: expect.stringMatching(UUID),
        email: 'alice@example.com',
        name: 'Alice',
        roles: ['user'],
        status: 'active',
        sessionId,
      });
    });

    it('logs out on one device, and stays logged in on another', async () => {
      const { client: laptop, signIn } = await app.newcomer();
      const phone = await signIn();
      const { status, headers, text } = await laptop.post('/auth/logout');
      expect([status, text]).toEqual([204, '']);
      expect(headers.get('clear-site-data')).toContain('"storage"');
      expectRefusal(await laptop.get('/me'), 401, 'session_ended');
      expect((await phone.get('/me')).status).toBe(200);
    });

    it('logs out everywhere', async () => {
      const { client: laptop, signIn } = await app.newcomer();
      const phone = await signIn();
      expect((await laptop.post('/auth/logout-all', {})).status).toBe(204);
      expectRefusal(await laptop.get('/me'), 401, 'session_ended');
      expectRefusal(await phone.get('/me'), 401, 'session_ended');
      expect((await (await signIn()).get('/me')).status).toBe(200);
    });

    it('changes its password: the caller has a new token, every other one is refused', async () => {
      const { client, email, password, signIn } = await app.newcomer();
      const phone = await signIn();
      const newPassword = 'another password';
      const change = (currentPassword: string) =>
        client.post('/auth/password', { currentPassword, newPassword });

      expectRefusal(await change('not the password'), 401, 'invalid_credentials', 'token');
      expect((await phone.get('/me')).status).toBe(200);

      const changed = await change(password);
      expect(changed.status).toBe(200);
      expect(Object.keys(changed.body).sort()).toEqual([
        'accessToken',
        'expiresIn',
        'refreshToken',
        'sessionId',
        'tokenType',
      ]);
      expect(changed.body['sessionId']).toBe(client.sessionId);
      expect((await client.holding(String(changed.body['accessToken'])).get('/me')).status).toBe(
        200,
      );
      expectRefusal(await client.get('/me'), 401, 'credentials_changed');
      expectRefusal(await phone.get('/me'), 401, 'credentials_changed');
      expectRefusal(
        await app.nobody.post('/auth/login', { email, password }),
        401,
        'invalid_credentials',
      );
      await app.nobody.login(email, newPassword);
    });
  });

  it('articles: all read, editors write, admins delete', async () => {
    const draft = { title: 'A title', body: 'Text, with 🙂.' };
    expectRefusal(await app.nobody.post('/articles', draft), 401, 'token_missing');
    expectRefusal(await alice.post('/articles', draft), 403, 'insufficient_role');
    const made = await editor.post('/articles', draft);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      ...draft,
      id: expect.stringMatching(UUID),
      authorId: expect.any(String),
    });
    const listed = await app.nobody.get('/articles');
    expect(listed.status).toBe(200);
    expect(listed.items).toContainEqual(made.body);

    const path = `/articles/${String(made.body['id'])}`;
    expectRefusal(await editor.delete(path), 403, 'insufficient_role');
    expect((await admin.delete(path)).status).toBe(204);
    expectRefusal(await admin.delete(path), 404, 'not_found');
    expect((await app.nobody.get('/articles')).items).not.toContainEqual(made.body);
  });

  describe('an admin', () => {
    it('finds users, page by page', async () => {
      const found = await admin.get('/admin/users?q=ALICE@&limit=1');
      expect(found.body).toEqual({
        items: [
          {
            id: expect.stringMatching(UUID),
            email: 'alice@example.com',
            name: 'Alice',
            roles: ['user'],
            status: 'active',
            suspendedUntil: null,
            tokenVersion: 0,
            lastLoginAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          },
        ],
        total: 1,
      });
      const { body } = await admin.get('/admin/users?limit=1&offset=1');
      expect(body['items']).toHaveLength(1);
      expect(Number(body['total'])).toBeGreaterThanOrEqual(3);
      // A wildcard of LIKE is a letter like any other.
      expect((await admin.get('/admin/users?q=%25')).body['total']).toBe(0);
      expect((await admin.get(`/admin/users?q=${encodeURIComponent("'!_")}`)).body['total']).toBe(
        0,
      );
    });

    it('suspends until a time, after which the account can log in again', async () => {
      const { id, client, signIn } = await app.newcomer();
      const change = (suspendedUntil: string) =>
        admin.patch(`/admin/users/${id}`, { status: 'suspended', suspendedUntil });
      const until = new Date(Date.now() + 3_600_000).toISOString();
      expect((await change(until)).body).toMatchObject({
        status: 'suspended',
        suspendedUntil: until,
      });
      expectRefusal(await client.get('/me'), 401, 'account_disabled');
      await change(new Date(Date.now() - 1_000).toISOString());
      // The suspension is over, and the tokens from before it stay dead.
      expectRefusal(await client.get('/me'), 401, 'session_ended');
      expect((await (await signIn()).get('/me')).status).toBe(200);
    });

    it('suspends only by a time: earlier tokens stay refused when it is lifted', async () => {
      const { id, client } = await app.newcomer();
      const change = (suspendedUntil: string | null) =>
        admin.patch(`/admin/users/${id}`, { suspendedUntil });
      await change(new Date(Date.now() + 3_600_000).toISOString());
      expectRefusal(await client.get('/me'), 401, 'account_disabled');
      await change(null);
      expectRefusal(await client.get('/me'), 401, 'session_ended');
    });

    it('adds and removes a role: both act at once, and log nobody out', async () => {
      const { id, client } = await app.newcomer();
      const change = (roles: string[]) => admin.patch(`/admin/users/${id}`, { roles });
      expectRefusal(await client.get('/admin/users'), 403, 'insufficient_role');
      expect((await change(['user', 'admin'])).body['roles']).toEqual(['user', 'admin']);
      expect((await client.get('/admin/users')).status).toBe(200);
      await change(['user']);
      expectRefusal(await client.get('/admin/users'), 403, 'insufficient_role');
      expect((await client.get('/auth/whoami')).body['roles']).toEqual(['user']);
    });

    it('logs a user out', async () => {
      const { id, client, signIn } = await app.newcomer();
      const answer = await admin.post(`/admin/users/${id}/logout?visibility=everywhere`, {
        reason: 'lost phone',
      });
      expect(answer.status).toBe(204);
      expectRefusal(await client.get('/me'), 401, 'session_ended');
      expect((await (await signIn()).get('/me')).status).toBe(200);
    });

    it('deletes a user, whose articles stay', async () => {
      const { id, client, email, password } = await app.newcomer();
      await admin.patch(`/admin/users/${id}`, { roles: ['editor'] });
      const article = await client.post('/articles', { title: 'Mine', body: 'Mine.' });
      expect((await admin.delete(`/admin/users/${id}?visibility=everywhere`)).status).toBe(204);
      expectRefusal(await client.get('/me'), 401, 'account_deleted');
      expectRefusal(
        await app.nobody.post('/auth/login', { email, password }),
        401,
        'invalid_credentials',
      );
      expectRefusal(await admin.delete(`/admin/users/${id}`), 404, 'not_found');
      expect((await app.nobody.get('/articles')).items).toContainEqual({
        ...article.body,
        authorId: null,
      });
    });

    it('gives a compromised account a new subject and password; its data stays', async () => {
      const { id, client, email, password } = await app.newcomer();
      const before = await client.get('/auth/whoami');
      const path = `/admin/users/${id}/reset-subject`;
      const newEmail = `reset-${email}`;
      const reset = await admin.post(path, { email: newEmail, newPassword: 'a fresh password' });
      expect(reset.status).toBe(200);
      expect(reset.body).toMatchObject({ id, email: newEmail });
      const refused = await client.get('/me');
      expectRefusal(refused, 401, 'token_superseded');
      expectRefusal(
        await app.nobody.post('/auth/login', { email, password }),
        401,
        'invalid_credentials',
      );
      const owner = await app.nobody.login(newEmail, 'a fresh password');
      expect((await owner.get('/me')).body['id']).toBe(id);
      expect((await owner.get('/auth/whoami')).body['subject']).not.toBe(before.body['subject']);

      const taken = await admin.post(path, {
        email: 'alice@example.com',
        newPassword: 'whatever it is',
      });
      expectRefusal(taken, 409, 'email_taken');
      // All or nothing: the password and the subject are as they were.
      expect((await owner.get('/me')).status).toBe(200);
      await app.nobody.login(newEmail, 'a fresh password');
    });

    it('revokes one token, by its text or by its id', async () => {
      const { client, signIn } = await app.newcomer();
      expect((await revoke({ token: client.token })).status).toBe(204);
      expectRefusal(await client.get('/me'), 401, 'token_revoked');

      const other = await signIn();
      const { jti } = claimsOf(other.token ?? '');
      expect((await revoke({ jti })).status).toBe(204);
      expectRefusal(await other.get('/me'), 401, 'token_revoked');

      for (const bad of [{}, { token: client.token, jti }, { token: 'x.y.z' }, { jti: '' }]) {
        expectRefusal(await revoke(bad), 400, 'invalid_request');
      }
    });

    it('reads the audit trail, newest first', async () => {
      const { id, client, email } = await app.newcomer();
      await app.nobody.post('/auth/login', { email, password: 'a wrong password' });
      await client.post('/auth/logout');
      const { status, items } = await admin.get(`/admin/events?userId=${id}&limit=10`);
      expect(status).toBe(200);
      expect(items.map(({ type }) => type)).toEqual([
        'session_revoked',
        'sign_in_failed',
        'session_started',
        'signed_in',
        'registered',
      ]);
      for (const item of items) {
        expect(Object.keys(item)).toEqual([
          'at',
          'type',
          'userId',
          'sessionId',
          'actorId',
          'reason',
          'detail',
        ]);
        expect(new Date(String(item['at'])).toISOString()).toBe(item['at']);
      }
      const all = await admin.get('/admin/events?limit=500');
      expect(all.items).toContainEqual(
        expect.objectContaining({
          type: 'session_revoked',
          actorId: id,
          sessionId: client.sessionId,
        }),
      );
      expect(all.text).not.toContain(email);
      expect(all.text).not.toContain('argon2');
      expect(all.text).not.toContain(client.token);
    });

    it('has routes of its own: every admin route refuses other users and requests without a token', async () => {
      const routes: [string, string][] = [
        ['GET', '/admin/users'],
        ['PATCH', `/admin/users/${NO_ONE}`],
        ['DELETE', `/admin/users/${NO_ONE}`],
        ['POST', `/admin/users/${NO_ONE}/logout`],
        ['GET', `/admin/users/${NO_ONE}/sessions`],
        ['DELETE', `/admin/sessions/${NO_ONE}`],
        ['POST', `/admin/users/${NO_ONE}/reset-subject`],
        ['POST', '/admin/tokens/revoke'],
        ['POST', '/admin/revoke-all'],
        ['GET', '/admin/events'],
        ['DELETE', `/articles/${NO_ONE}`],
      ];
      for (const [method, path] of routes) {
        expectRefusal(await app.nobody.send(method, path), 401, 'token_missing');
        expectRefusal(await editor.send(method, path), 403, 'insufficient_role');
      }
    });

    it('gets 404 for a user that does not exist', async () => {
      for (const id of [NO_ONE, 'x', '1', "';--", '%00']) {
        const path = `/admin/users/${encodeURIComponent(id)}`;
        expectRefusal(await admin.patch(path, { status: 'disabled' }), 404, 'not_found');
        expectRefusal(await admin.delete(path), 404, 'not_found');
        expectRefusal(await admin.post(`${path}/logout`, {}), 404, 'not_found');
        expectRefusal(await admin.get(`${path}/sessions`), 404, 'not_found');
        const reset = await admin.post(`${path}/reset-subject`, {
          newPassword: 'a fresh password',
        });
        expectRefusal(reset, 404, 'not_found');
      }
    });
  });

  it('needs a token on every route about the user’s own data', async () => {
    for (const path of ['/me', '/auth/whoami', '/auth/sessions']) {
      expectRefusal(await app.nobody.get(path), 401, 'token_missing');
    }
    for (const path of ['/auth/logout', '/auth/logout-all', '/auth/password']) {
      expectRefusal(await app.nobody.post(path), 401, 'token_missing');
    }
  });

  it('reports its health', async () => {
    const live = await app.nobody.get('/health/live');
    expect([live.status, live.body]).toEqual([
      200,
      { status: 'ok', info: {}, error: {}, details: {} },
    ]);
    const ready = await app.nobody.get('/health/ready');
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({
      status: 'ok',
      details: {
        database: { status: 'up' },
        auth: { status: 'up', mode: 'strict' },
      },
    });
  });

  // Last, since it logs everybody out.
  it('revoke-all: tokens from before a time are refused, then all are', async () => {
    expectRefusal(await revokeAll({ issuedBefore: 'yesterday' }), 400, 'invalid_request');
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect((await revokeAll({ issuedBefore: hourAgo })).status).toBe(204);
    expect((await alice.get('/me')).status).toBe(200);
    expect((await revokeAll({})).status).toBe(204);
    for (const client of [alice, editor, admin]) {
      expectRefusal(await client.get('/me'), 401, 'token_revoked');
    }
    expect((await (await app.as('admin')).get('/admin/users')).status).toBe(200);
  });
});
