/** A header of another name carries the token, where a proxy keeps `Authorization` for itself. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS, send } from '../support/http.js';

const COOKIE = '__Host-access';

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeAll(async () => {
    const from = { header: 'X-Access-Token', cookie: COOKIE, query: 'access_token' };
    app = await startAuthApp({ adapter, jwt: { from } });
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterAll(() => app.close());

  /** With headers as they are given, also two of one name. */
  const ask = async (path: string, headers: readonly string[]) => {
    const asked = httpRequest(`${app.url}/${path}`, {
      headers: ['Host', new URL(app.url).host, ...headers],
    });
    asked.end();
    const [response]: IncomingMessage[] = await once(asked, 'response');
    if (response === undefined) throw new Error('No answer.');
    const body: unknown = await json(response);
    return [response.statusCode, Object(body).code];
  };

  describe.each(['whoami', 'passport'])('/%s', (path) => {
    it('takes it from there, with the scheme and without, in any case', async () => {
      for (const headers of [
        ['X-Access-Token', token],
        ['x-access-token', `Bearer ${token}`],
        ['X-ACCESS-TOKEN', `bearer   ${token}`],
        // What the proxy wants is not ours.
        ['Authorization', 'Basic eDp5', 'X-Access-Token', token],
        ['Authorization', 'Bearer of-the-proxy', 'X-Access-Token', token],
        ['X-Access-Token', '', 'Cookie', `${COOKIE}=${token}`],
      ]) {
        expect(await ask(path, headers)).toEqual([200, undefined]);
      }
    });

    it.each<[string, (token: string) => string[], string]>([
      ['in Authorization alone', (good) => ['Authorization', `Bearer ${good}`], 'token_missing'],
      ['in an empty header', () => ['X-Access-Token', ''], 'token_missing'],
      ['with another scheme', (good) => ['X-Access-Token', `Basic ${good}`], 'token_malformed'],
      ['with a scheme alone', () => ['X-Access-Token', 'Bearer'], 'token_malformed'],
      ['after a tab', (good) => ['X-Access-Token', `Bearer\t${good}`], 'token_malformed'],
      ['twice', (good) => ['X-Access-Token', good, 'x-access-token', good], 'token_malformed'],
      [
        'twice, with a bad one',
        (good) => ['X-Access-Token', good, 'X-Access-Token', 'a.b.c'],
        'token_malformed',
      ],
      ['twice in one', (good) => ['X-Access-Token', `${good}, ${good}`], 'token_malformed'],
      [
        'beside a cookie',
        (good) => ['X-Access-Token', good, 'Cookie', `${COOKIE}=${good}`],
        'token_malformed',
      ],
    ])('refuses one %s', async (_, headers, code) => {
      expect(await ask(path, headers(token))).toEqual([401, code]);
    });

    it('refuses one beside another in the address', async () => {
      const both = ['X-Access-Token', token];
      expect(await ask(`${path}?access_token=${token}`, both)).toEqual([401, 'token_malformed']);
    });
  });

  it('no shared cache keeps the answer: it does not know the header (RFC 9111 §3.5)', async () => {
    const { headers } = await send(`${app.url}/whoami`, { headers: { 'x-access-token': token } });
    expect(headers.get('cache-control')).toBe('private');
    const cookie = `${COOKIE}=${token}`;
    const other = await send(`${app.url}/whoami`, { headers: { cookie } });
    expect(other.headers.get('cache-control')).toBeNull();
  });

  it('the name Authorization is the usual header, in any case', async () => {
    const usual = await startAuthApp({ adapter, jwt: { from: { header: 'AUTHORIZATION' } } });
    try {
      const { accessToken } = await usual.auth.signIn(await usual.addPerson());
      expect(await usual.whoami(accessToken)).toMatchObject({ status: 200 });
      const bare = await usual.get('whoami', undefined, { authorization: accessToken });
      expect(bare).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    } finally {
      await usual.close();
    }
  });
});
