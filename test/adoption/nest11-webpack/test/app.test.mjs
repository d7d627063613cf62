import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { requests, startApp } from './start-app.mjs';

let app;
let call;
let admin;
before(async () => {
  app = await startApp();
  call = requests(app.url);
  admin = (await login('admin@notes.example', 'admin-password')).body.accessToken;
});
after(() => app?.stop());

const login = (email, password) => call('POST', '/auth/login', { body: { email, password } });
const refresh = (refreshToken) => call('POST', '/auth/refresh', { body: { refreshToken } });
const writer = async () => {
  const email = `${randomUUID()}@notes.example`;
  const { body } = await call('POST', '/auth/register', { body: { email, password: 'password' } });
  return { id: body.id, email, ...(await login(email, 'password')).body };
};

test('says who is logged in', async () => {
  const { id, email, accessToken } = await writer();
  const { status, body } = await call('GET', '/auth/me', { token: accessToken });
  assert.equal(status, 200);
  assert.deepEqual(body, { id, email, roles: ['writer'] });
});

test('refuses a wrong password, no token, and one that was changed', async () => {
  assert.equal((await login('admin@notes.example', 'wrong')).status, 401);
  assert.equal((await call('GET', '/auth/me')).status, 401);
  assert.equal((await call('GET', '/auth/me', { token: `${admin}x` })).status, 401);
});

test('gives new tokens for a refresh token, until the logout', async () => {
  const first = await writer();
  const second = await refresh(first.refreshToken);
  assert.equal(second.status, 200);
  const token = second.body.accessToken;
  assert.equal((await call('GET', '/auth/me', { token })).status, 200);
  assert.equal((await call('POST', '/auth/logout', { token })).status, 204);
  assert.equal((await refresh(second.body.refreshToken)).status, 401);
  assert.equal((await refresh('nonsense')).status, 401);
});

test('lets only admins see and remove users', async () => {
  const { id, email, accessToken } = await writer();
  assert.equal((await call('GET', `/users/${id}`, { token: accessToken })).status, 403);
  assert.equal((await call('GET', `/users/${id}`, { token: admin })).body.email, email);
  assert.equal((await call('DELETE', `/users/${id}`, { token: admin })).status, 204);
  assert.equal((await login(email, 'password')).status, 401);
  assert.equal((await call('DELETE', `/users/${id}`, { token: admin })).status, 404);
});
