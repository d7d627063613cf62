/** Cross-site request forgery: what other sites can make a browser send is refused, and changes nothing. */
import { describe, expect, it } from 'vitest';
import { ACCESS, oneByOne, REFRESH } from './support/site.js';
import { ADAPTERS } from '../../support/http.js';

const FOREIGN: [string, Record<string, string>][] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ['another site, by its origin', { origin: 'https://evil.example' }],
  ['a page without an origin', { origin: 'null' }],
  ['nowhere that it says', {}],
  ['a site that it says something new of', { 'sec-fetch-site': 'same-galaxy' }],
];
const OWN: [string, Record<string, string>][] = [
  ['our own page', { 'sec-fetch-site': 'same-origin' }],
  ['the user', { 'sec-fetch-site': 'none' }],
  ['a page that we trust', { 'sec-fetch-site': 'cross-site', origin: 'https://app.example.net' }],
];
const TRUSTING = { refresh: REFRESH, origins: ['https://app.example.net'] };
const REFUSED = { status: 403, body: { statusCode: 403, code: 'cross_site_request' } };

const start = oneByOne();

describe.each(ADAPTERS)('no other site can use them, on %s', (adapter) => {
  const ROUTES: [string, string][] = [
    ['PATCH', 'name'],
    ['POST', 'passport'],
    ['POST', 'perhaps'],
    ['POST', 'auth/refresh'],
    ['POST', 'auth/logout'],
    ['POST', 'auth/logout-all'],
    ['DELETE', 'auth/sessions/00000000-0000-4000-8000-000000000000'],
  ];

  it.each(FOREIGN)('a request from %s is refused, and changes nothing', async (_, says) => {
    const { signedIn, browser } = await start(adapter, { cookies: TRUSTING });
    await signedIn();
    const kept = new Map(browser.jar);
    browser.says = says;
    for (const [method, path] of ROUTES) {
      const answer = await browser.send(method, path);
      expect(answer, path).toMatchObject(REFUSED);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
    // What only reads is the business of CORS.
    expect(await browser.send('GET', 'mine')).toMatchObject({ status: 200 });
    browser.says = { 'sec-fetch-site': 'same-origin' };
    expect(browser.jar).toEqual(kept);
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
  });

  it.each(OWN)('one from %s is served', async (_, says) => {
    const { signedIn, browser } = await start(adapter, { cookies: TRUSTING });
    await signedIn();
    browser.says = says;
    expect(await browser.send('PATCH', 'name')).toMatchObject({ status: 200 });
    expect(await browser.send('POST', 'passport')).toMatchObject({ status: 201 });
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
  });

  it('one from the application’s own page in an old browser, which sends only its origin, is served', async () => {
    const { app, signedIn, browser } = await start(adapter);
    await signedIn();
    browser.says = { origin: app.url };
    expect(await browser.send('PATCH', 'name')).toMatchObject({ status: 200 });
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
  });

  it('one from a page of the same host with another scheme is refused, until the application trusts the proxy', async () => {
    const { app, signedIn, browser } = await start(adapter);
    await signedIn();
    const secure = app.url.replace('http:', 'https:');
    browser.says = { origin: secure };
    expect(await browser.send('PATCH', 'name')).toMatchObject(REFUSED);
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject(REFUSED);
    // Anybody can send this header.
    browser.says = { origin: secure, 'x-forwarded-proto': 'https' };
    expect(await browser.send('PATCH', 'name')).toMatchObject(REFUSED);
    expect(await browser.send('POST', 'auth/logout')).toMatchObject(REFUSED);
  });

  it('behind a trusted proxy that ends TLS, a page with TLS is the application’s own, and one without is not', async () => {
    const { app, signedIn, browser } = await start(adapter, { trustsProxy: true });
    await signedIn();
    const secure = app.url.replace('http:', 'https:');
    browser.says = { origin: secure, 'x-forwarded-proto': 'https' };
    expect(await browser.send('PATCH', 'name')).toMatchObject({ status: 200 });
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
    browser.says = { origin: app.url, 'x-forwarded-proto': 'https' };
    expect(await browser.send('PATCH', 'name')).toMatchObject(REFUSED);
    expect(await browser.send('POST', 'auth/refresh')).toMatchObject(REFUSED);
  });

  it('no other site can sign a visitor in to its own account', async () => {
    const { person, browser } = await start(adapter);
    browser.says = { 'sec-fetch-site': 'cross-site' };
    expect(await browser.send('POST', 'login', { id: person.id })).toMatchObject(REFUSED);
    expect(browser.jar.size).toBe(0);
  });

  it('a cookie with a similar name, which any host of the domain can set, signs nobody in', async () => {
    const { browser, app } = await start(adapter);
    const { pair } = await app.newcomer();
    // What browsers take for a letter of the name, and much software for a space.
    const shadow = '\u00a0';
    const mine = await browser.send(
      'GET',
      'mine',
      undefined,
      `${shadow}${ACCESS}=${pair.accessToken}`,
    );
    expect(mine).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    const cookie = `${shadow}${REFRESH}=${pair.refreshToken}`;
    const refreshed = await browser.send('POST', 'auth/refresh', undefined, cookie);
    expect(refreshed).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    expect(refreshed.headers.getSetCookie()).toEqual([]);
  });
});
