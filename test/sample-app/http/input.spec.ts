import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, type Client, expectRefusal } from '../support/client.js';
import type { RunningApp } from '../support/running-app.js';
import { describeOnAdapters } from '../support/targets.js';
import { send } from '../../support/http.js';

const LONG = 'ä'.repeat(65);
const CREDENTIALS = { email: 'a@example.com', password: 'long enough' };
const NO_ONE = '00000000-0000-4000-8000-000000000000';

/** What clients send that they should not. Nothing of it is answered 500, or with a stack. */
describeOnAdapters((target) => {
  let app: RunningApp;
  let admin: Client;
  beforeAll(async () => {
    app = await target.start();
    admin = await app.as('admin');
  });
  afterAll(() => app.close());

  const login = async (body: string, type = 'application/json') =>
    answerOf(
      await send(`${app.url}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      }),
    );

  const bodies: [method: 'post' | 'patch', path: string, field: string, body: unknown][] = [
    ['post', '/auth/login', 'email', {}],
    ['post', '/auth/login', 'email', { ...CREDENTIALS, email: ['a@example.com'] }],
    ['post', '/auth/login', 'email', { ...CREDENTIALS, email: { $ne: '' } }],
    ['post', '/auth/login', 'email', { ...CREDENTIALS, email: 'a\0@example.com' }],
    ['post', '/auth/login', 'password', { ...CREDENTIALS, password: 12_345_678 }],
    ['post', '/auth/login', 'password', { ...CREDENTIALS, password: '' }],
    ['post', '/auth/login', 'password', { ...CREDENTIALS, password: null }],
    // 65 characters, 130 bytes.
    ['post', '/auth/login', 'password', { ...CREDENTIALS, password: LONG }],
    ['post', '/auth/login', 'device', { ...CREDENTIALS, device: 'x'.repeat(101) }],
    ['post', '/auth/login', 'admin', { ...CREDENTIALS, admin: true }],
    ['post', '/auth/register', 'password', { ...CREDENTIALS, password: 'short' }],
    ['post', '/auth/register', 'password', { ...CREDENTIALS, password: LONG }],
    ['post', '/auth/register', 'name', { ...CREDENTIALS, name: 'a\0b' }],
    ['post', '/auth/register', 'roles', { ...CREDENTIALS, roles: ['admin'] }],
    ['post', '/auth/password', 'newPassword', { currentPassword: 'x', newPassword: LONG }],
    ['post', '/auth/logout-all', 'keepCurrent', { keepCurrent: 'yes' }],
    ['post', '/auth/logout-all', 'keepcurrent', { keepcurrent: true }],
    ['post', '/auth/refresh', 'refreshToken', {}],
    ['post', '/auth/refresh', 'refreshToken', { refreshToken: ['x'] }],
    ['post', '/auth/refresh', 'refreshToken', { refreshToken: null }],
    ['post', '/auth/refresh', 'admin', { refreshToken: 'x', admin: true }],
    ['post', `/admin/users/${NO_ONE}/logout`, 'reason', { reason: 'x'.repeat(256) }],
    ['post', `/admin/users/${NO_ONE}/logout?visibility=here`, 'visibility', {}],
    ['post', '/articles', 'title', { title: '', body: 'x' }],
    ['post', '/articles', 'body', { title: 'x', body: 7 }],
    ['patch', `/admin/users/${NO_ONE}`, 'status', { status: 'gone' }],
    ['patch', `/admin/users/${NO_ONE}`, 'roles', { roles: 'admin' }],
    ['patch', `/admin/users/${NO_ONE}`, 'roles', { roles: ['root'] }],
    ['patch', `/admin/users/${NO_ONE}`, 'suspendedUntil', { suspendedUntil: '2030-01-01' }],
    ['patch', `/admin/users/${NO_ONE}`, 'suspendedUntil', { suspendedUntil: 1_900_000_000 }],
    ['patch', `/admin/users/${NO_ONE}`, 'tokenVersion', { tokenVersion: 0 }],
    ['patch', `/admin/users/${NO_ONE}?visibility=here`, 'visibility', {}],
    // null is not "left out": read as a time it is 1970, and nothing would be revoked.
    ['post', '/admin/revoke-all', 'issuedBefore', { issuedBefore: null }],
    ['post', '/admin/tokens/revoke', 'token', { token: null }],
    ['patch', `/admin/users/${NO_ONE}`, 'status', { status: null }],
    ['patch', `/admin/users/${NO_ONE}`, 'roles', { roles: null }],
    ['post', `/admin/users/${NO_ONE}/reset-subject`, 'email', { email: null, newPassword: LONG }],
    ['post', '/auth/logout-all', 'keepCurrent', { keepCurrent: null }],
    ['post', '/admin/revoke-all', 'issuedBefore', { issuedBefore: '2030-13-45T00:00:00Z' }],
    ['post', '/admin/revoke-all', 'issuedBefore', { issuedBefore: '9999-01-01T00:00:00Z' }],
    ['post', '/admin/tokens/revoke', 'token', {}],
  ];
  it.each(bodies)('%s %s names %s', async (method, path, field, body) => {
    const answer = await admin[method](path, body);
    expectRefusal(answer, 400, 'invalid_request');
    expect(answer.body['message']).toContain(field);
    expect(answer.text).not.toContain(LONG);
  });

  it.each(['?limit=0', '?limit=x', '?limit=201', '?offset=-1', '?q=a&q=b', '?sort=email'])(
    'GET /admin/users%s: invalid_request',
    async (query) => {
      expectRefusal(await admin.get(`/admin/users${query}`), 400, 'invalid_request');
    },
  );

  describe('a body', () => {
    it.each([
      '{"email"',
      '{"password":"hunter2"',
      '[]',
      '[{"email":"a@b.cc"}]',
      '"x"',
      '7',
      'null',
      '',
    ])('%s: invalid_request, and the answer repeats none of it', async (body) => {
      const answer = await login(body);
      expectRefusal(answer, 400, 'invalid_request');
      expect(answer.text).not.toContain('hunter2');
    });

    it('that is not JSON: unsupported_media_type', async () => {
      const form = 'application/x-www-form-urlencoded';
      expectRefusal(await login('email=a', form), 415, 'unsupported_media_type');
      expectRefusal(
        await login(JSON.stringify(CREDENTIALS), 'text/plain'),
        415,
        'unsupported_media_type',
      );
    });

    it('that is too large: payload_too_large', async () => {
      const answer = await login(JSON.stringify({ ...CREDENTIALS, device: 'x'.repeat(70_000) }));
      expectRefusal(answer, 413, 'payload_too_large');
    });

    it('that is empty is accepted if nothing is required', async () => {
      const { client } = await app.newcomer();
      const { status } = await send(`${app.url}/auth/logout`, {
        method: 'POST',
        token: client.token,
        headers: { 'content-type': 'application/json' },
      });
      expect(status).toBe(204);
    });
  });

  it.each(['/nowhere', '/admin', '/%zz', '/auth/login/'])('GET %s is not a route', async (path) => {
    const answer = await app.nobody.get(path);
    expect([400, 404]).toContain(answer.status);
    expect(Object.keys(answer.body)).toEqual(['statusCode', 'error', 'code', 'message']);
  });
});
