/** The token endpoint: refresh as an OAuth form (RFC 6749 §6), on both adapters. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { map } from 'rxjs';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { CLOCK_STEP_MS } from '../../lib/decision/time-margins.js';
import { startSessionApp, type SessionApp } from '../sessions/support/session-app.js';
import { Person } from '../support/person.entity.js';
import { ADAPTERS, type AdapterName, send } from '../support/http.js';

const FORM = 'application/x-www-form-urlencoded';
const GRANT = { grant_type: 'refresh_token' };

class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ wrapped: true, data })));
  }
}

const start = (adapter: AdapterName, jwt = {}, auth = {}) =>
  startSessionApp({
    adapter,
    jwt,
    auth,
    extras: { routes: {}, globalGuard: true },
    prepare: (nest) => nest.useGlobalInterceptors(new Wrap()),
  });

const post = (
  { url }: SessionApp,
  form: string | Record<string, string>,
  headers: Record<string, string> = {},
) =>
  send(`${url}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': FORM, ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form),
  });

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await start(adapter);
  });
  afterAll(() => app.close());

  it('trades a refresh token, in the words of RFC 6749, under an interceptor that wraps', async () => {
    const { pair } = await app.newcomer();
    const answer = await post(app, { ...GRANT, refresh_token: pair.refreshToken });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      refresh_token: expect.any(String),
    });
    const { access_token, refresh_token } = answer.body;
    expect(await app.whoami(access_token)).toMatchObject({ status: 200 });
    expect(refresh_token).not.toBe(pair.refreshToken);
    // A retry within the leeway gets the same one, here and at the refresh route.
    const again = await post(app, { ...GRANT, refresh_token: pair.refreshToken });
    expect(again.body.refresh_token).toBe(refresh_token);
    const json = { refreshToken: pair.refreshToken };
    const other = await send(`${app.url}/auth/refresh`, { method: 'POST', json });
    expect(other.body.data.refreshToken).toBe(refresh_token);
  });

  it.each<[string, Record<string, string>]>([
    ['a client id', { client_id: 'web' }],
    ['a parameter that is not known', { resource: 'https://api.example.com' }],
    ['empty parameters, which count as left out', { scope: '', client_secret: '' }],
  ])('takes %s', async (_, more) => {
    const { pair } = await app.newcomer();
    const form = { ...GRANT, refresh_token: pair.refreshToken, ...more };
    expect(await post(app, form)).toMatchObject({ status: 200 });
  });

  it('a bearer token beside the form is not client authentication', async () => {
    const { pair } = await app.newcomer();
    const form = { ...GRANT, refresh_token: pair.refreshToken };
    const answer = await post(app, form, { authorization: `Bearer ${pair.accessToken}` });
    expect(answer).toMatchObject({ status: 200 });
  });

  it.each<[string, string | Record<string, string>, string, number]>([
    ['no grant type', { refresh_token: 'x' }, 'invalid_request', 400],
    ['no refresh token', GRANT, 'invalid_request', 400],
    ['an empty refresh token', { ...GRANT, refresh_token: '' }, 'invalid_request', 400],
    ['two', 'grant_type=refresh_token&refresh_token=x&refresh_token=y', 'invalid_request', 400],
    ['two grant types', 'grant_type=refresh_token&grant_type=x', 'invalid_request', 400],
    ['a nested one', 'grant_type=refresh_token&refresh_token[a]=x', 'invalid_request', 400],
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type', 400],
    ['letters of another case', { grant_type: 'Refresh_Token' }, 'unsupported_grant_type', 400],
    ['a scope', { ...GRANT, refresh_token: 'x', scope: 'admin' }, 'invalid_scope', 400],
    ['a secret', { ...GRANT, refresh_token: 'x', client_secret: 'y' }, 'invalid_client', 401],
    ['nothing', '', 'invalid_request', 400],
  ])('%s: refused', async (_, form, error, status) => {
    const answer = await post(app, form);
    expect(answer).toMatchObject({ status, body: { error, code: error, statusCode: status } });
    expect(answer.body.error_description).toEqual(expect.any(String));
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('HTTP Basic: refused, with the challenge', async () => {
    const form = { ...GRANT, refresh_token: 'x' };
    const answer = await post(app, form, { authorization: 'Basic eDp5' });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('a refused refresh token is invalid_grant, with the code of the refusal', async () => {
    const { pair, person } = await app.newcomer();
    const tried = async (refresh_token: string) => {
      const { status, body } = await post(app, { ...GRANT, refresh_token });
      return [status, body.error, body.code];
    };
    expect(await tried('x')).toEqual([400, 'invalid_grant', 'token_malformed']);
    expect(await tried('x'.repeat(9_000))).toEqual([400, 'invalid_grant', 'token_malformed']);
    expect(await tried(pair.accessToken)).toEqual([400, 'invalid_grant', 'token_malformed']);
    await app.dataSource.getRepository(Person).update({ id: person.id }, { status: 'disabled' });
    expect(await tried(pair.refreshToken)).toEqual([400, 'invalid_grant', 'account_disabled']);
    const other = await app.newcomer();
    await app.sessions.end(other.pair.sessionId);
    expect(await tried(other.pair.refreshToken)).toEqual([400, 'invalid_grant', 'session_ended']);
    const third = await app.newcomer();
    await tried(third.pair.refreshToken);
    await app.age(third.pair.sessionId, 60_000 + CLOCK_STEP_MS);
    expect(await tried(third.pair.refreshToken)).toEqual([400, 'invalid_grant', 'refresh_reused']);
  });

  it('without the database it is 503, and the token stays valid', async () => {
    const { pair } = await app.newcomer();
    const form = { ...GRANT, refresh_token: pair.refreshToken };
    await app.dataSource.query('ALTER TABLE auth_session RENAME TO auth_session_gone');
    const answer = await post(app, form);
    await app.dataSource.query('ALTER TABLE auth_session_gone RENAME TO auth_session');
    expect(answer).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await post(app, form)).toMatchObject({ status: 200 });
  });
});

describe.each(ADAPTERS)('with tokens in cookies alone, on %s', (adapter) => {
  it('no grant is supported: no token leaves in a body', async () => {
    const cookies = { refresh: '__Secure-refresh' };
    const app = await start(adapter, { from: { cookie: '__Host-access' } }, { cookies });
    try {
      const { pair } = await app.newcomer();
      const { refreshToken } = pair;
      for (const form of [GRANT, { ...GRANT, refresh_token: refreshToken }]) {
        const answer = await post(app, form, {
          cookie: `__Secure-refresh=${refreshToken}`,
          'sec-fetch-site': 'same-origin',
        });
        expect(answer).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
      }
    } finally {
      await app.close();
    }
  });
});
