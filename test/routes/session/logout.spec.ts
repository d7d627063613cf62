/** Logging out: by whatever token is left, any number of times, and never by another site. */
import { randomUUID } from 'node:crypto';
import type { FreshnessOptions } from 'nestjs-revocable-jwt';
import { afterEach, describe, expect, it } from 'vitest';
import { signaturesDuring, statementsDuring } from '../../budget/support/counters.js';
import { startSessionApp, type SessionApp } from '../../sessions/support/session-app.js';
import { authOptions } from '../../support/auth-app.js';
import { ADAPTERS, send } from '../../support/http.js';
import { aged, claimsOf, forge } from '../../support/tokens.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { ACCESS, Browser, oneByOne, REFRESH } from './support/site.js';

const MODES: readonly FreshnessOptions['mode'][] = ['strict', 'tracked'];
const EXPIRED = [
  `${ACCESS}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
  ...['/auth', '/', '/auth/refresh'].map(
    (path) => `${REFRESH}=; Max-Age=0; Path=${path}; HttpOnly; Secure; SameSite=Strict`,
  ),
];
const OUTAGE = 'ALTER TABLE auth_session RENAME TO auth_session_gone';

let app: SessionApp | undefined;
let drop: (() => Promise<void>) | undefined;
afterEach(async () => {
  await app?.close();
  await drop?.();
  app = drop = undefined;
});

async function startHeaderApp(
  adapter: (typeof ADAPTERS)[number],
  mode: FreshnessOptions['mode'] = 'strict',
): Promise<SessionApp> {
  const auth = { freshness: { mode }, sessions: {} };
  const options = authOptions({ auth });
  const database = await watchedDatabase('sqlite', options);
  drop = () => database.drop();
  app = await startSessionApp({
    adapter,
    database,
    synchronize: false,
    jwt: options.jwt,
    auth,
    extras: { routes: {} },
  });
  return app;
}

const logout = (
  { url }: { readonly url: string },
  {
    json,
    token,
    headers = {},
  }: { json?: unknown; token?: string; headers?: Record<string, string> } = {},
) => send(`${url}/auth/logout`, { method: 'POST', json, token, headers });

/** That nothing of the sign-in is of use. */
async function expectOver(
  { url, whoami, events }: SessionApp,
  { accessToken, refreshToken, sessionId }: Awaited<ReturnType<SessionApp['signIn']>>,
): Promise<void> {
  expect(await whoami(accessToken)).toMatchObject({ status: 401, body: { code: 'session_ended' } });
  const json = { refreshToken };
  expect(await send(`${url}/auth/refresh`, { method: 'POST', json })).toMatchObject({
    status: 401,
    body: { code: 'session_ended' },
  });
  expect(events).toContainEqual(expect.objectContaining({ sessionId, reason: 'logout' }));
}

describe.each(ADAPTERS.flatMap((adapter) => MODES.map((mode) => [adapter, mode] as const)))(
  'with tokens in header and body, on %s, %s',
  (adapter, mode) => {
    it.each(['live', 'expired', 'none', 'forged'])(
      'the refresh token ends the sign-in, with an access token that is %s, and again',
      async (kind) => {
        const app = await startHeaderApp(adapter, mode);
        const { pair } = await app.newcomer();
        const other = await app.newcomer();
        const tokens: Record<string, string | undefined> = {
          live: pair.accessToken,
          expired: aged(pair.accessToken, app.options, 1_000),
          forged: forge(pair.accessToken, app.options, { secret: 'x'.repeat(40) }),
        };
        const token = tokens[kind];
        const sent = {
          json: { refreshToken: pair.refreshToken },
          ...(token === undefined ? {} : { token }),
        };
        for (let time = 0; time < 3; time++) {
          expect(await logout(app, sent)).toMatchObject({ status: 204, text: '' });
          await expectOver(app, pair);
        }
        expect(await app.whoami(other.pair.accessToken)).toMatchObject({ status: 200 });
      },
    );

    it('the access token alone does, live or expired, and again; only the first time it is written', async () => {
      const app = await startHeaderApp(adapter, mode);
      for (const seconds of [0, 1_000]) {
        const { pair } = await app.newcomer();
        const token =
          seconds === 0 ? pair.accessToken : aged(pair.accessToken, app.options, seconds);
        expect(await logout(app, { token })).toMatchObject({ status: 204 });
        await expectOver(app, pair);
        const rows = () => app.dataSource.query('SELECT * FROM auth_revocation');
        const before = await rows();
        expect(await logout(app, { token })).toMatchObject({ status: 204 });
        expect(await rows()).toEqual(before);
      }
    });
  },
);

describe.each(ADAPTERS)('with tokens in header and body, on %s', (adapter) => {
  it.each([
    ['nothing', undefined, 'token_missing'],
    ['no token', 'x', 'token_malformed'],
    ['a token of another secret', 'forged', 'token_invalid'],
    ['an expired token of another secret', 'forged-expired', 'token_invalid'],
  ])('%s is refused: there is nothing to end', async (_, given, code) => {
    const app = await startHeaderApp(adapter);
    const { pair } = await app.newcomer();
    const secret = 'x'.repeat(40);
    const old = aged(pair.accessToken, app.options, 1_000);
    const forged: Record<string, string> = {
      forged: forge(pair.accessToken, app.options, { secret }),
      'forged-expired': forge(old, app.options, { secret }),
    };
    const token = given === undefined ? undefined : (forged[given] ?? given);
    const answer = await logout(app, {
      ...(token === undefined ? {} : { token }),
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect(answer).toMatchObject({ status: 401, body: { code } });
    expect(answer.headers.get('clear-site-data')).toBeNull();
    expect(await app.whoami(pair.accessToken)).toMatchObject({ status: 200 });
  });

  it('a forged access token costs one signature', async () => {
    const app = await startHeaderApp(adapter);
    const { pair } = await app.newcomer();
    const token = `${pair.accessToken.slice(0, -8)}AAAAAAAA`;
    const cost = signaturesDuring(async () => {
      expect(await logout(app, { token })).toMatchObject({ status: 401 });
    });
    expect(await cost).toBe(1);
  });

  it('an invented refresh token gets the same answer, and costs no statement', async () => {
    const app = await startHeaderApp(adapter);
    const { pair } = await app.newcomer();
    const [id = '', secret = ''] = pair.refreshToken.split('.');
    const invented = [
      '',
      'x',
      `${id}.`,
      `${id}.${'A'.repeat(64)}`,
      `${id}.${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`,
      `${randomUUID()}.${secret}`,
      pair.accessToken,
    ];
    // The key of the tags is read once.
    await logout(app, { json: { refreshToken: invented[3] } });
    const statements = await statementsDuring('sqlite', async () => {
      for (let round = 0; round < 10; round++) {
        for (const refreshToken of invented) {
          const answer = await logout(app, { json: { refreshToken } });
          expect(answer).toMatchObject({ status: 204, text: '' });
        }
      }
    });
    // Once a second, the key may be read again, and a cleaner may come by.
    expect(statements).toBeLessThan(10);
    expect(await app.whoami(pair.accessToken)).toMatchObject({ status: 200 });
    expect(app.events.filter(({ type }) => type === 'session_ended')).toEqual([]);
  });

  it('a refresh token that was used before ends the session too, and raises no alarm', async () => {
    const app = await startHeaderApp(adapter);
    const { pair } = await app.newcomer();
    const second = await app.sessions.refresh(pair.refreshToken);
    const third = await app.sessions.refresh(second.refreshToken);
    expect(await logout(app, { json: { refreshToken: pair.refreshToken } })).toMatchObject({
      status: 204,
    });
    for (const { accessToken } of [pair, second, third]) {
      expect(await app.whoami(accessToken)).toMatchObject({ body: { code: 'session_ended' } });
    }
    await expectOver(app, { ...pair, refreshToken: third.refreshToken });
    expect(app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
  });

  it('two tokens of two sessions end both', async () => {
    const app = await startHeaderApp(adapter);
    const [one, other] = [await app.newcomer(), await app.newcomer()];
    const { refreshToken } = other.pair;
    expect(
      await logout(app, { token: one.pair.accessToken, json: { refreshToken } }),
    ).toMatchObject({ status: 204 });
    await expectOver(app, one.pair);
    await expectOver(app, other.pair);
  });

  it('it is a success for an account that is deleted or disabled', async () => {
    const app = await startHeaderApp(adapter);
    const { pair, person } = await app.newcomer();
    await app.dataSource.query(`UPDATE person SET status = 'off' WHERE id = ${person.id}`);
    expect(await logout(app, { token: pair.accessToken })).toMatchObject({ status: 204 });
    await app.dataSource.query(`DELETE FROM person WHERE id = ${person.id}`);
    expect(await logout(app, { token: pair.accessToken })).toMatchObject({ status: 204 });
    const { refreshToken } = pair;
    expect(await logout(app, { json: { refreshToken } })).toMatchObject({ status: 204 });
  });

  it.each<[unknown, string]>([
    [{ refreshToken: 1 }, 'refreshToken'],
    [{ refreshToken: null }, 'refreshToken'],
    [{ refreshToken: 'x'.repeat(8_193) }, 'refreshToken'],
    [{ token: 'x' }, 'token'],
    [['x'], 'body'],
  ])('a body %j is refused, and the message names the property', async (json, name) => {
    const app = await startHeaderApp(adapter);
    const answer = await logout(app, { json });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.message).toContain(name);
  });

  it('a browser clears what the site has stored, unless another site made it ask', async () => {
    const app = await startHeaderApp(adapter);
    const cleared = async (sent: Parameters<typeof logout>[1]) => {
      const { status, headers } = await logout(app, sent);
      expect(status).toBe(204);
      return headers.get('clear-site-data') !== null;
    };
    const { pair } = await app.newcomer();
    const json = { refreshToken: pair.refreshToken };
    // As a form or a script of another site may send it, with a refresh token of its own.
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect(await cleared({ json, headers: foreign })).toBe(false);
    expect(await cleared({ json })).toBe(false);
    expect(await cleared({ json, headers: { 'sec-fetch-site': 'same-origin' } })).toBe(true);
    expect(await cleared({ token: pair.accessToken })).toBe(true);
    const forged = forge(pair.accessToken, app.options, { secret: 'x'.repeat(40) });
    expect(await cleared({ json, token: forged })).toBe(false);
  });

  it('no other site can log a visitor out with its own token in the address', async () => {
    const given = { adapter, extras: { routes: {} } };
    app = await startSessionApp({
      ...given,
      jwt: { from: { header: true, query: 'access_token' } },
    });
    const { pair } = await app.newcomer();
    const answer = await send(`${app.url}/auth/logout?access_token=${pair.accessToken}`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('clear-site-data')).toBeNull();
    await expectOver(app, pair);
  });

  it('without a database it is 503, and ends nothing', async () => {
    const app = await startHeaderApp(adapter);
    const { pair } = await app.newcomer();
    const json = { refreshToken: pair.refreshToken };
    await app.dataSource.query(OUTAGE);
    for (const sent of [{ json }, { token: pair.accessToken }]) {
      expect(await logout(app, sent)).toMatchObject({
        status: 503,
        body: { code: 'auth_unavailable' },
      });
    }
    await app.dataSource.query('ALTER TABLE auth_session_gone RENAME TO auth_session');
    expect(await logout(app, { json })).toMatchObject({ status: 204 });
    await expectOver(app, pair);
  });
});

/** Five cookies of one name, of which the last is the browser's own. */
const crowd = (name: string, own: string) =>
  [...['a', 'b', 'c', 'd'].map((text) => `${name}=${text}`), `${name}=${own}`].join('; ');

const start = oneByOne();

describe.each(ADAPTERS)('with cookies, on %s', (adapter) => {
  it('the refresh cookie ends the sign-in without the access cookie, and again with no cookie left', async () => {
    const { signedIn, browser, app } = await start(adapter);
    await signedIn();
    const stolen = browser.cookieFor('auth/refresh');
    browser.jar.delete(ACCESS);
    for (let time = 0; time < 3; time++) {
      const { status, headers } = await browser.send('POST', 'auth/logout');
      expect(status).toBe(204);
      expect(headers.getSetCookie()).toEqual(EXPIRED);
      expect(headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"');
      expect(browser.jar.size).toBe(0);
    }
    for (const path of ['mine', 'auth/sessions']) {
      expect(await browser.send('GET', path, undefined, stolen)).toMatchObject({ status: 401 });
    }
    const replayed = await browser.send('POST', 'auth/refresh', undefined, stolen);
    expect(replayed).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect(app.events).toContainEqual(
      expect.objectContaining({ type: 'session_ended', reason: 'logout' }),
    );
  });

  it('it also does beside an access cookie that is expired, forged or not a token', async () => {
    for (const kind of ['expired', 'forged', 'none'] as const) {
      const { signedIn, browser, app } = await start(adapter);
      await signedIn();
      const { value = '' } = browser.jar.get(ACCESS) ?? {};
      const others = {
        expired: aged(value, app.options, 1_000),
        forged: forge(value, app.options, { secret: 'x'.repeat(40) }),
        none: 'x',
      };
      browser.jar.set(ACCESS, { value: others[kind], path: '/' });
      const stolen = browser.cookieFor('auth/refresh');
      const { status, headers } = await browser.send('POST', 'auth/logout');
      expect([kind, status]).toEqual([kind, 204]);
      expect(headers.getSetCookie()).toEqual(EXPIRED);
      const replayed = await browser.send('POST', 'auth/refresh', undefined, stolen);
      expect(replayed).toMatchObject({ body: { code: 'session_ended' } });
      await app.close();
    }
  });

  it('the access cookie alone ends it too, and the body is a place for refresh tokens', async () => {
    const { signedIn, browser, app, person } = await start(adapter);
    await signedIn();
    const token = browser.jar.get(ACCESS)?.value ?? '';
    browser.jar.delete(REFRESH);
    expect(await browser.send('POST', 'auth/logout')).toMatchObject({ status: 204 });
    const row = await app.row(String(claimsOf(token)['sid']));
    expect(row['ended_at']).not.toBeNull();
    const { refreshToken, accessToken } = await app.signIn(person);
    expect(await browser.send('POST', 'auth/logout', { refreshToken })).toMatchObject({
      status: 204,
    });
    const cookie = `${ACCESS}=${accessToken}`;
    expect(await browser.send('GET', 'mine', undefined, cookie)).toMatchObject({ status: 401 });
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['another host of the site', { 'sec-fetch-site': 'same-site' }],
    ['nowhere that it says', {}],
  ])('%s logs nobody out: with cookies, without, or with its own token', async (_, says) => {
    const { signedIn, browser, app, person } = await start(adapter);
    await signedIn();
    const kept = new Map(browser.jar);
    const own = await app.signIn(person);
    browser.says = says;
    for (const cookie of [browser.cookieFor('auth/logout'), '']) {
      const answer = await browser.send('POST', 'auth/logout', undefined, cookie);
      expect(answer).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.headers.get('clear-site-data')).toBeNull();
    }
    // SameSite keeps the cookies back, and the token is one of the attacker's.
    const { refreshToken } = own;
    const answer = await browser.send('POST', 'auth/logout', { refreshToken }, '');
    expect(answer).toMatchObject({ status: 204 });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.get('clear-site-data')).toBeNull();
    expect(browser.jar).toEqual(kept);
    browser.says = { 'sec-fetch-site': 'same-origin' };
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
  });

  it('without a database it is 503, and the cookies expire anyway', async () => {
    const { signedIn, browser, app } = await start(adapter);
    await signedIn();
    const stolen = browser.cookieFor('auth/refresh');
    await app.dataSource.query(OUTAGE);
    const answer = await browser.send('POST', 'auth/logout');
    expect(answer).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
    expect(answer.headers.getSetCookie()).toEqual(EXPIRED);
    expect(answer.headers.get('clear-site-data')).not.toBeNull();
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(browser.jar.size).toBe(0);
    // What this costs: only a copy of the token, or another device of the user, can end the session now.
    await app.dataSource.query('ALTER TABLE auth_session_gone RENAME TO auth_session');
    const refreshed = await browser.send('POST', 'auth/refresh', undefined, stolen);
    expect(refreshed).toMatchObject({ status: 200 });
  });

  it('if more than four cookies of one name hide the sign-in, it is no success, and they expire', async () => {
    const { app, person, browser } = await start(adapter);
    const { accessToken, refreshToken, sessionId } = await app.signIn(person);
    const many = { access: crowd(ACCESS, accessToken), refresh: crowd(REFRESH, refreshToken) };
    for (const cookie of [many.refresh, many.access, `${many.access}; ${many.refresh}`]) {
      const answer = await browser.send('POST', 'auth/logout', undefined, cookie);
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      expect(answer.headers.getSetCookie()).toEqual(EXPIRED);
      expect((await app.row(sessionId))['ended_at']).toBeNull();
    }
    // The access cookie may come from a sibling domain, so it does not say that the right session has ended.
    const foreign = (await app.newcomer()).pair;
    for (const { accessToken: access, sessionId: ended } of [foreign, { accessToken, sessionId }]) {
      const cookie = `${ACCESS}=${access}; ${many.refresh}`;
      const answer = await browser.send('POST', 'auth/logout', undefined, cookie);
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      expect((await app.row(ended))['ended_at']).not.toBeNull();
    }
    for (const [cookie, body] of [
      [`${many.access}; ${REFRESH}=${refreshToken}`],
      [many.refresh, { refreshToken }],
    ] as const) {
      const answer = await browser.send('POST', 'auth/logout', body, cookie);
      expect(answer).toMatchObject({ status: 204 });
      expect((await app.row(sessionId))['ended_at']).not.toBeNull();
    }
  });

  it('if clients may use the header too, each logs out with its own kind of token', async () => {
    const { signedIn, browser, app, person } = await start(adapter, {
      from: { header: true, cookie: ACCESS },
    });
    const native = new Browser(app.url, {});
    const pair = await app.signIn(person);
    const { refreshToken } = pair;
    const answer = await native.send('POST', 'auth/logout', { refreshToken });
    expect(answer).toMatchObject({ status: 204 });
    expect(answer.headers.getSetCookie()).toEqual([]);
    await expectOver(app, pair);
    expect(await native.send('POST', 'auth/logout')).toMatchObject({ status: 403 });
    // Two access tokens are as many as none: the client is told.
    await signedIn();
    const { accessToken } = await app.signIn(person);
    const cookie = browser.cookieFor('mine');
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const two = await logout(app, { token: accessToken, headers });
    expect(two).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
    const wrong = await logout(app, { token: 'x' });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
    await signedIn();
    expect(await browser.send('POST', 'auth/logout')).toMatchObject({ status: 204 });
    expect(browser.jar.size).toBe(0);
  });

  it('below a global prefix, it is the same', async () => {
    const { signedIn, browser } = await start(adapter, {
      prepare: (nest) => nest.setGlobalPrefix('api'),
    });
    await signedIn('api/');
    const stolen = browser.cookieFor('api/auth/refresh');
    browser.jar.delete(ACCESS);
    expect(await browser.send('POST', 'api/auth/logout')).toMatchObject({ status: 204 });
    const replayed = await browser.send('POST', 'api/auth/refresh', undefined, stolen);
    expect(replayed).toMatchObject({ status: 401, body: { code: 'session_ended' } });
  });
});
