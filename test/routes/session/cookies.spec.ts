/** Tokens in cookies: how they are set, scoped, renewed and taken back. */
import { describe, expect, it } from 'vitest';
import { statementsDuring } from '../../budget/support/counters.js';
import { ACCESS, Browser, oneByOne, REFRESH } from './support/site.js';
import { ADAPTERS, send } from '../../support/http.js';
import { isWholeLife } from '../../support/tokens.js';

const REFUSED = { status: 403, body: { statusCode: 403, code: 'cross_site_request' } };

const start = oneByOne();

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('login sets them out of reach of scripts, each with its path, and the body has none', async () => {
    const { signedIn, browser } = await start(adapter);
    const { headers, body } = await signedIn();
    const [access = '', refresh = ''] = headers.getSetCookie();
    expect(access).toMatch(
      /^__Host-access=[\w.-]+; Max-Age=(?:900|899); Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(refresh).toMatch(
      /^__Secure-refresh=[\w.-]+; Max-Age=1209\d{3}; Path=\/auth; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      tokenType: 'Bearer',
      expiresIn: expect.toSatisfy(isWholeLife),
      sessionId: expect.any(String),
    });
    // The refresh token travels to the routes for sessions, and nowhere else.
    expect(browser.cookieFor('mine')).not.toContain(REFRESH);
    expect(await browser.send('GET', 'mine')).toMatchObject({ status: 200 });
  });

  it('a refresh renews both, and the body has none', async () => {
    const { signedIn, browser } = await start(adapter);
    await signedIn();
    const before = new Map(browser.jar);
    const { status, headers, body } = await browser.send('POST', 'auth/refresh');
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(body).toEqual({
      tokenType: 'Bearer',
      expiresIn: expect.toSatisfy(isWholeLife),
      sessionId: expect.any(String),
    });
    for (const name of [ACCESS, REFRESH]) {
      expect(browser.jar.get(name)?.value).not.toBe(before.get(name)?.value);
    }
    expect(await browser.send('GET', 'mine')).toMatchObject({ status: 200 });
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
  });

  it('logout makes the browser forget both', async () => {
    for (const path of ['auth/logout', 'auth/logout-all']) {
      const { signedIn, browser, app } = await start(adapter);
      await signedIn();
      const stolen = browser.cookieFor('auth/refresh');
      const { status, headers } = await browser.send('POST', path);
      expect(status).toBe(204);
      expect(headers.getSetCookie()).toEqual([
        `${ACCESS}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
        // Where it is, and where earlier options and versions may have put it.
        ...['/auth', '/', '/auth/refresh'].map(
          (path) => `${REFRESH}=; Max-Age=0; Path=${path}; HttpOnly; Secure; SameSite=Strict`,
        ),
      ]);
      expect(headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"');
      expect(browser.jar.size).toBe(0);
      expect(await browser.send('POST', 'auth/refresh')).toMatchObject({
        status: 401,
        body: { code: 'token_missing' },
      });
      const replayed = await browser.send('POST', 'auth/refresh', undefined, stolen);
      expect(replayed).toMatchObject({ status: 401, body: { code: 'session_ended' } });
      await app.close();
    }
  });

  it('a refresh that fails does not change the cookies of the one that succeeded', async () => {
    const { signedIn, browser } = await start(adapter);
    await signedIn();
    const old = browser.cookieFor('auth/refresh');
    await browser.send('POST', 'auth/refresh');
    await browser.send('POST', 'auth/refresh');
    const kept = new Map(browser.jar);
    const late = await browser.send('POST', 'auth/refresh', undefined, old);
    expect(late).toMatchObject({ status: 401, body: { code: 'refresh_reused' } });
    expect(late.headers.getSetCookie()).toEqual([]);
    expect(late.headers.get('clear-site-data')).toBeNull();
    expect(browser.jar).toEqual(kept);
  });

  it('two tabs that refresh at once keep one session', async () => {
    const { signedIn, browser } = await start(adapter);
    await signedIn();
    const tabs = await Promise.all([1, 2, 3].map(() => browser.send('POST', 'auth/refresh')));
    expect(tabs.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refreshCookies = tabs.map(({ headers }) => headers.getSetCookie()[1]?.split(';')[0]);
    expect(new Set(refreshCookies).size).toBe(1);
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
  });

  it('follows a global prefix, and has the configured attributes', async () => {
    const { signedIn, browser } = await start(adapter, {
      from: { cookie: '__Secure-access' },
      cookies: { refresh: REFRESH, sameSite: 'lax', domain: 'example.com' },
      prepare: (nest) => nest.setGlobalPrefix('/api/v1/'),
    });
    const { headers } = await signedIn('api/v1/');
    const [access, refresh] = headers.getSetCookie();
    expect(access).toMatch(/; Domain=example.com; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(refresh).toMatch(
      /; Domain=example.com; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(await browser.send('POST', 'api/v1/auth/refresh')).toMatchObject({ status: 200 });
  });

  it.each([
    [['auth/refresh', 'auth/logout'], '/auth'],
    [['auth/(.*)'], '/auth'],
    // No path but this one is above both routes.
    [['auth/refresh'], '/'],
    [['auth/sessions'], '/api/auth'],
  ])(
    'with %j excluded from the prefix, browsers send it to refresh and logout',
    async (exclude, path) => {
      const { signedIn, browser } = await start(adapter, {
        prepare: (nest) => nest.setGlobalPrefix('api', { exclude }),
      });
      const { headers } = await signedIn('api/');
      expect(headers.getSetCookie()[1]).toContain(`; Path=${path};`);
      const below = exclude.some((one) => /refresh|\*/.test(one)) ? '' : 'api/';
      expect(await browser.send('POST', `${below}auth/refresh`)).toMatchObject({ status: 200 });
    },
  );

  it.each([
    ['/auth/refresh', '/auth'],
    ['/gateway/auth/refresh', '/gateway/auth'],
    ['/refresh', '/'],
    ['/gateway/auth', '/gateway/auth'],
    ['/gateway/tokens', '/gateway/tokens'],
    ['/', '/'],
  ])('refreshPath %s, as browsers see it, is the path %s', async (refreshPath, path) => {
    const { signedIn } = await start(adapter, { cookies: { refresh: REFRESH, refreshPath } });
    const { headers } = await signedIn();
    expect(headers.getSetCookie()[1]).toContain(`; Path=${path};`);
  });

  it('with the access token in the header, only the refresh token is in a cookie', async () => {
    const { signedIn, browser, app } = await start(adapter, { from: { header: true } });
    const { headers, body } = await signedIn();
    expect(headers.getSetCookie()).toHaveLength(1);
    expect(Object.keys(Object(body))).toEqual([
      'accessToken',
      'tokenType',
      'expiresIn',
      'sessionId',
    ]);
    expect(await app.whoami(Object(body).accessToken)).toMatchObject({ status: 200 });
    const refreshed = await browser.send('POST', 'auth/refresh');
    expect(Object.keys(Object(refreshed.body))).toContain('accessToken');
    expect(refreshed.headers.getSetCookie()).toHaveLength(1);
    browser.says = { 'sec-fetch-site': 'cross-site' };
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject(REFUSED);
  });

  it('if clients may use the header too, each gets its tokens the way it sent them', async () => {
    const { app, person, browser, signedIn } = await start(adapter, {
      from: { header: true, cookie: ACCESS },
    });
    const native = new Browser(app.url, {});
    const pair = await app.signIn(person);
    const { refreshToken } = pair;
    const refreshed = await native.send('POST', 'auth/refresh', { refreshToken });
    expect(refreshed.headers.getSetCookie()).toEqual([]);
    expect(Object.keys(Object(refreshed.body))).toEqual([
      'accessToken',
      'tokenType',
      'expiresIn',
      'refreshToken',
      'sessionId',
    ]);
    // Nobody is asked where a request comes from that no browser could have been made to send.
    const renamed = await send(`${app.url}/name`, {
      method: 'PATCH',
      token: pair.accessToken,
      headers: { origin: 'https://evil.example' },
    });
    expect(renamed.status).toBe(200);
    await signedIn();
    const answer = await browser.send('POST', 'auth/refresh');
    expect(answer.headers.getSetCookie()).toHaveLength(2);
    expect(Object.keys(Object(answer.body))).not.toContain('refreshToken');
    browser.says = { origin: 'https://evil.example' };
    expect(await browser.send('PATCH', 'name')).toMatchObject(REFUSED);
  });

  it('a refresh token in the body is refused if a cookie carries it', async () => {
    const { app, person, browser } = await start(adapter);
    const { refreshToken } = await app.signIn(person);
    const answer = await browser.send('POST', 'auth/refresh', { refreshToken });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const query = await browser.send('POST', `auth/refresh?refreshToken=${refreshToken}`);
    expect(query).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  });

  it('oversized cookies and bodies are refused, and cost no query', async () => {
    const { browser } = await start(adapter);
    const statements = await statementsDuring('sqlite', async () => {
      const cookie = `${REFRESH}=${'x'.repeat(9_000)}`;
      const long = await browser.send('POST', 'auth/refresh', undefined, cookie);
      expect(long).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      const body = { a: 'x'.repeat(50_000) };
      expect(await browser.send('POST', 'auth/refresh', body)).toMatchObject({ status: 400 });
    });
    expect(statements).toBe(0);
  });
});
