/** Cookies in a real browser: what it drops, keeps, sends and forgets. */
import { afterEach, describe, expect, it } from 'vitest';
import { ADAPTERS, type AdapterName } from '../support/http.js';
import { REFRESH, type Site, startSite } from '../routes/session/support/site.js';
import { CHROMIUM, fetched, kept, openChromium, tlsProxy } from './support/chromium.js';

const ACCESS = '__Secure-access';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).toReversed()) await close();
});

/** Notes how it is closed. */
async function opened<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
  const one = await opening;
  cleanups.push(() => one.close());
  return one;
}

async function start(
  adapter: AdapterName,
  options: Parameters<typeof startSite>[1] = {},
): Promise<Site> {
  const from = { cookie: ACCESS };
  const site = await startSite(adapter, { from, trustsProxy: true, ...options });
  cleanups.push(() => site.app.close());
  return site;
}

describe.skipIf(CHROMIUM === '').each(ADAPTERS)('in Chromium, on %s', (adapter) => {
  it('a domain that is left out locks nobody out, and another site logs nobody out', async () => {
    const first = await start(adapter, { cookies: { refresh: REFRESH, domain: 'example.test' } });
    let current = first;
    const { port } = await opened(tlsProxy(() => current.app.url));
    const { context } = await opened(openChromium());
    const page = await context.newPage();
    await page.goto(`https://api.example.test:${port}/page`);
    expect(await fetched(page, 'POST', 'login', { id: first.person.id })).toBe(200);
    const before = [`${ACCESS} .example.test /`, `${REFRESH} .example.test /auth`];
    const now = [`${ACCESS} api.example.test /`, `${REFRESH} api.example.test /auth`];
    expect(await kept(context)).toEqual(before);

    current = await start(adapter, { after: first });
    expect(await fetched(page, 'GET', 'mine')).toBe(200);
    expect(await fetched(page, 'POST', 'auth/refresh')).toBe(200);
    expect(await kept(context)).toEqual([...before, ...now].toSorted());
    expect(await fetched(page, 'GET', 'mine')).toBe(200);
    expect(await fetched(page, 'POST', 'auth/refresh')).toBe(200);
    expect(await kept(context)).toEqual(now);

    const evil = await context.newPage();
    const target = encodeURIComponent(`https://api.example.test:${port}/auth/logout`);
    await evil.goto(`https://evil.other.test:${port}/form?to=${target}`);
    const answer = evil.waitForResponse(/auth\/logout/);
    await evil.click('button');
    expect((await answer).status()).toBe(403);
    expect(await kept(context)).toEqual(now);

    await context.clearCookies({ name: ACCESS });
    for (let time = 0; time < 2; time++) {
      expect(await fetched(page, 'POST', 'auth/logout')).toBe(204);
      expect(await kept(context)).toEqual([]);
      expect(await fetched(page, 'POST', 'auth/refresh')).toBe(401);
    }
    expect(current.app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
  });

  it('cookies of two accounts, one of them tossed by a sibling domain, are both forgotten', async () => {
    const site = await start(adapter);
    const { port } = await opened(tlsProxy(() => site.app.url));
    const { context } = await opened(openChromium());
    const page = await context.newPage();
    await page.goto(`https://api.example.test:${port}/page`);
    const login = () => fetched(page, 'POST', 'login', { id: site.person.id });
    await login();
    const { pair } = await site.app.newcomer();
    const tossed = { domain: '.example.test', secure: true, httpOnly: true };
    await context.addCookies([
      { name: ACCESS, value: pair.accessToken, path: '/', ...tossed },
      { name: REFRESH, value: pair.refreshToken, path: '/auth', ...tossed },
    ]);
    expect(await kept(context)).toHaveLength(4);
    expect(await fetched(page, 'GET', 'mine')).toBe(401);
    expect(await fetched(page, 'POST', 'auth/refresh')).toBe(401);
    expect(await kept(context)).toEqual([]);
    await login();
    expect(await fetched(page, 'GET', 'mine')).toBe(200);
  });

  it('partitioned cookies are those of one embedding site, and expire there', async () => {
    const site = await start(adapter, {
      from: { cookie: '__Host-access' },
      cookies: { refresh: REFRESH, sameSite: 'none', partitioned: true },
    });
    const { port } = await opened(tlsProxy(() => site.app.url));
    const { context } = await opened(openChromium());
    const shop = await context.newPage();
    await shop.goto(`https://shop.other.test:${port}/page`);
    const own = `https://api.example.test:${port}/page`;
    await shop.setContent(`<iframe src="${own}"></iframe>`);
    const frame = await shop.waitForSelector('iframe').then((element) => element.contentFrame());
    if (frame === null) throw new Error('There is no frame.');
    await frame.waitForURL(own);
    expect(await fetched(frame, 'POST', 'login', { id: site.person.id })).toBe(200);
    expect(await kept(context)).toEqual([
      '__Host-access api.example.test / partitioned',
      `${REFRESH} api.example.test /auth partitioned`,
    ]);
    expect(await fetched(frame, 'GET', 'mine')).toBe(200);
    expect(await fetched(frame, 'POST', 'auth/refresh')).toBe(200);
    const page = await context.newPage();
    await page.goto(own);
    expect(await fetched(page, 'GET', 'mine')).toBe(401);
    expect(await fetched(frame, 'POST', 'auth/logout')).toBe(204);
    expect(await kept(context)).toEqual([]);
    expect(await fetched(frame, 'GET', 'mine')).toBe(401);
  });
});

it.skipIf(CHROMIUM === '')(
  'Chromium keeps a cookie of 4,096 bytes, and no longer one',
  async () => {
    const { port } = await opened(tlsProxy(() => 'http://unused.test'));
    const { context } = await opened(openChromium());
    const page = await context.newPage();
    const names = [4_096, 4_097].map((bytes) => `__Host-of-${bytes}`);
    const cookies = names.map((name) => {
      const value = 'x'.repeat(Number(name.slice(-4)) - name.length);
      return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Strict`;
    });
    const query = new URLSearchParams(cookies.map((cookie): [string, string] => ['set', cookie]));
    await page.goto(`https://api.example.test:${port}/page?${query}`);
    expect(await kept(context)).toEqual([`${names[0]} api.example.test /`]);
  },
);
