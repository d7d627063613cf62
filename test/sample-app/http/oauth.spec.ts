/** Another service asks the sample application about tokens, and revokes them: RFC 7662 and RFC 7009. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOf, expectRefusal } from '../support/client.js';
import type { RunningApp } from '../support/running-app.js';
import { describeOnAdapters } from '../support/targets.js';
import { send } from '../../support/http.js';

const CLIENT = { id: 'billing', secret: randomBytes(32).toString('base64url') };

describeOnAdapters((target) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await target.start({
      AUTH_OAUTH_CLIENT_ID: CLIENT.id,
      AUTH_OAUTH_CLIENT_SECRET: CLIENT.secret,
    });
  });
  afterAll(() => app.close());

  const post = async (path: string, form: Record<string, string>, secret = CLIENT.secret) => {
    const credentials = Buffer.from(`${CLIENT.id}:${secret}`).toString('base64');
    const answer = await send(`${app.url}/oauth/${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams(form),
    });
    return answerOf(answer);
  };
  const signIn = async () => {
    const { email, password } = await app.newcomer();
    const { body } = await app.nobody.post('/auth/login', { email, password });
    return { access: String(body['accessToken']), refresh: String(body['refreshToken']) };
  };

  it('a token is active until somebody revokes it, and then only inactive', async () => {
    const { access } = await signIn();
    const active = await post('introspect', { token: access });
    expect(active).toMatchObject({ status: 200, body: { active: true, token_type: 'Bearer' } });
    expect(active.headers.get('cache-control')).toBe('no-store');
    const revoked = await post('revoke', { token: access, token_type_hint: 'access_token' });
    expect(revoked).toMatchObject({ status: 200, text: '' });
    expectRefusal(await app.nobody.holding(access).get('/me'), 401, 'token_revoked');
    expect((await post('introspect', { token: access })).body).toEqual({ active: false });
  });

  it('a refresh token ends its session and the access tokens of it', async () => {
    const { access, refresh } = await signIn();
    expect(await post('revoke', { token: refresh })).toMatchObject({ status: 200, text: '' });
    expectRefusal(await app.nobody.holding(access).get('/me'), 401, 'session_ended');
    const refreshed = await app.nobody.post('/auth/refresh', { refreshToken: refresh });
    expect(refreshed).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect((await post('introspect', { token: access })).body).toEqual({ active: false });
  });

  it('an unknown token is revoked already, and a client without credentials learns nothing', async () => {
    expect(await post('revoke', { token: 'unknown' })).toMatchObject({ status: 200, text: '' });
    const { access } = await signIn();
    for (const path of ['revoke', 'introspect']) {
      const answer = await post(path, { token: access }, 'a wrong secret of more than 32 bytes');
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
    expect((await app.nobody.holding(access).get('/me')).status).toBe(200);
  });
});
