/** Routes that stand beside a factory, with options that it makes in its own time, cookies among them. */
import { afterEach, describe, expect, it } from 'vitest';
import { type AuthAppOptions, startAuthApp } from '../../support/auth-app.js';
import { type SessionApp, startSessionApp } from '../../sessions/support/session-app.js';
import { Browser, oneByOne, REFRESH } from './support/site.js';
import { ADAPTERS } from '../../support/http.js';

const start = oneByOne();
let started: SessionApp | undefined;
afterEach(async () => {
  await started?.close();
  started = undefined;
});

describe.each(ADAPTERS)('forRootAsync on %s', (adapter) => {
  it('with bodies: every route is there, and takes effect', async () => {
    const app = (started = await startSessionApp({
      adapter,
      asynchronous: true,
      extras: { routes: { admin: { roles: ['admin'] } } },
    }));
    const { person, pair } = await app.newcomer();
    const nobody = new Browser(app.url, {});
    const { refreshToken, sessionId } = pair;
    const refreshed = await nobody.send('POST', 'auth/refresh', { refreshToken });
    expect(refreshed).toMatchObject({ status: 200, body: { sessionId } });
    const { accessToken } = Object(refreshed.body);
    expect(await app.get('auth/sessions', accessToken)).toMatchObject({
      status: 200,
      body: [{ id: sessionId, current: true }],
    });
    const admin = await app.newcomer({ roles: ['admin'] });
    const list = `admin/users/${person.id}/sessions`;
    expect(await app.get(list, admin.pair.accessToken)).toMatchObject({
      status: 200,
      body: [{ id: sessionId, current: false }],
    });
    expect(await app.get(list, accessToken)).toMatchObject({ status: 403 });
    const holder = new Browser(app.url, { authorization: `Bearer ${String(accessToken)}` });
    expect(await holder.send('POST', 'auth/logout')).toMatchObject({ status: 204 });
    expect(await app.whoami(accessToken)).toMatchObject({ body: { code: 'session_ended' } });
  });

  it('with cookies: the refresh cookie has the path of the routes, below a global prefix', async () => {
    const { browser, signedIn } = await start(adapter, {
      asynchronous: true,
      prepare: (nest) => nest.setGlobalPrefix('api'),
    });
    const { headers, body } = await signedIn('api/');
    expect(headers.getSetCookie()[1]).toContain('; Path=/api/auth;');
    expect(Object.keys(Object(body))).toEqual(['tokenType', 'expiresIn', 'sessionId']);
    const before = browser.jar.get(REFRESH)?.value;
    expect(await browser.send('POST', 'api/auth/refresh')).toMatchObject({ status: 200 });
    expect(browser.jar.get(REFRESH)?.value).not.toBe(before);
    expect(await browser.send('GET', 'api/auth/sessions')).toMatchObject({
      status: 200,
      body: [{ current: true }],
    });

    browser.says = { 'sec-fetch-site': 'cross-site' };
    for (const path of ['api/auth/refresh', 'api/auth/logout', 'api/auth/logout-all']) {
      expect(await browser.send('POST', path), path).toMatchObject({
        status: 403,
        body: { code: 'cross_site_request' },
      });
    }
    browser.says = { 'sec-fetch-site': 'same-origin' };
    expect(await browser.send('POST', 'api/auth/logout')).toMatchObject({ status: 204 });
    expect(browser.jar.size).toBe(0);
  });
});

describe('options beside the factory and options from it must agree', () => {
  const cookies = { refresh: REFRESH };
  it.each<[string, Pick<AuthAppOptions, 'auth' | 'extras'>, RegExp]>([
    ['routes without sessions', { extras: { routes: {} } }, /^routes: .*sessions: \{\}/],
    [
      'a refresh cookie without a route for it',
      { auth: { sessions: {}, cookies } },
      /^cookies\.refreshPath: .*routes: \{\}/,
    ],
    [
      'routes among what the factory makes',
      { auth: { sessions: {}, ...Object({ routes: {} }) } },
      /^options\.routes: /,
    ],
  ])('%s stop the start', async (_, given, problem) => {
    await expect(startAuthApp({ ...given, asynchronous: true })).rejects.toMatchObject({
      name: 'AuthConfigurationError',
      problems: [expect.stringMatching(problem)],
    });
  });
});
