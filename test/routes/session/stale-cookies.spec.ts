/** A browser keeps cookies from before `cookies` changed, beside the new ones: nobody is locked out, and they go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CookieJar } from 'tough-cookie';
import { afterEach, describe, expect, it } from 'vitest';
import type { CookieOptions, RenewalOptions } from 'nestjs-revocable-jwt';
import { statementsDuring } from '../../budget/support/counters.js';
import { ADAPTERS, type AdapterName, type Answer, send, sendAs } from '../../support/http.js';
import { aged } from '../../support/tokens.js';
import { REFRESH, type Site, startSite } from './support/site.js';

const ACCESS = '__Secure-access';
const HOST = 'api.example.com';
const SITE = `https://${HOST}`;

const sites: Site[] = [];
afterEach(async () => {
  for (const { app } of sites) await app.close();
  await sites[0]?.app.database.drop().catch(() => undefined);
  sites.length = 0;
});

async function start(
  adapter: AdapterName,
  cookies: CookieOptions,
  {
    after,
    from = { cookie: ACCESS },
    renewal,
  }: { after?: Site; from?: object; renewal?: RenewalOptions } = {},
): Promise<Site> {
  const options = {
    from,
    cookies: { refresh: REFRESH, ...cookies },
    ...(renewal && { renewal }),
  };
  const site = await startSite(adapter, { ...options, ...(after && { after }) });
  sites.push(site);
  return site;
}

/** A browser with the cookie store of RFC 6265bis, which knows the application by its name. */
class RealBrowser {
  readonly jar = new CookieJar(undefined, { prefixSecurity: 'strict' });

  constructor(
    /** What the application hears of it. A proxy may change that. */
    readonly host = HOST,
  ) {}

  async ask(site: Site, method: string, path: string, json?: unknown): Promise<Answer> {
    const cookie = await this.jar.getCookieString(`${SITE}/${path}`);
    const answer = await sendAs(this.host, `${site.app.url}/${path}`, {
      method,
      headers: { 'sec-fetch-site': 'same-origin', cookie },
      json,
    });
    for (const set of answer.headers.getSetCookie())
      await this.jar.setCookie(set, `${SITE}/${path}`);
    return answer;
  }

  login = (site: Site, id = site.person.id) => this.ask(site, 'POST', 'login', { id });
  mine = (site: Site) => this.ask(site, 'GET', 'mine');
  refresh = (site: Site) => this.ask(site, 'POST', 'auth/refresh');

  async put(name: string, value: string, attributes = 'Path=/'): Promise<void> {
    await this.jar.setCookie(`${name}=${value}; Secure; ${attributes}`, `${SITE}/auth/refresh`);
  }

  /** How many cookies of this name it keeps. */
  async count(name: string): Promise<number> {
    return (await this.values(name)).length;
  }

  async values(name: string): Promise<string[]> {
    const cookies = await this.jar.getCookies(SITE, { allPaths: true });
    return cookies.filter(({ key }) => key === name).map(({ value }) => value);
  }
}

const CHANGES: [string, CookieOptions, CookieOptions][] = [
  ['the domain is left out', { domain: 'example.com' }, {}],
  ['a domain is added', {}, { domain: 'example.com' }],
  ['the domain becomes a larger one', { domain: 'api.example.com' }, { domain: 'example.com' }],
  ['the path is left to the library', { refreshPath: '/' }, {}],
  ['the path becomes the root', {}, { refreshPath: '/' }],
  [
    'both change',
    { domain: 'example.com', refreshPath: '/' },
    { domain: 'api.example.com', refreshPath: '/auth' },
  ],
];

describe.each(ADAPTERS)('on %s', (adapter) => {
  it.each(CHANGES)('if %s, a signed-in user stays signed in', async (_, before, now) => {
    const first = await start(adapter, before);
    const browser = new RealBrowser();
    expect(await browser.login(first)).toMatchObject({ status: 200 });
    const second = await start(adapter, now, { after: first });
    expect(await browser.mine(second)).toMatchObject({ status: 200 });
    for (let time = 0; time < 3; time++) {
      expect(await browser.refresh(second)).toMatchObject({ status: 200 });
      expect(await browser.mine(second)).toMatchObject({ status: 200 });
    }
    // The second refresh saw both.
    expect([await browser.count(ACCESS), await browser.count(REFRESH)]).toEqual([1, 1]);
    expect(second.app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
    expect(await browser.ask(second, 'POST', 'auth/logout')).toMatchObject({ status: 204 });
    expect([await browser.count(ACCESS), await browser.count(REFRESH)]).toEqual([0, 0]);
  });

  it.each(CHANGES)('if %s, a signed-out user can sign in again', async (_, before, now) => {
    const first = await start(adapter, before);
    const browser = new RealBrowser();
    await browser.login(first);
    const second = await start(adapter, now, { after: first });
    await second.app.revocation.revokeUser(first.person.id);
    expect(await browser.mine(second)).toMatchObject({ status: 401 });
    expect(await browser.login(second)).toMatchObject({ status: 200 });
    // The sign-in got the stale one, so it expired it.
    expect(await browser.count(ACCESS)).toBe(1);
    expect(await browser.mine(second)).toMatchObject({ status: 200 });
    expect(await browser.refresh(second)).toMatchObject({ status: 200 });
    expect(await browser.count(REFRESH)).toBe(1);
    expect(await browser.mine(second)).toMatchObject({ status: 200 });
  });

  it('a logout expires them all, even if the request has none of them', async () => {
    const first = await start(adapter, { domain: 'example.com' });
    const browser = new RealBrowser();
    await browser.login(first);
    const second = await start(adapter, { refreshPath: '/' }, { after: first });
    await browser.login(second);
    await browser.put(REFRESH, 'x', 'Path=/auth/refresh');
    expect(await browser.ask(second, 'POST', 'auth/logout')).toMatchObject({ status: 204 });
    expect([await browser.count(ACCESS), await browser.count(REFRESH)]).toEqual([0, 0]);
  });

  it('the cookie of an earlier version of the library, at the refresh route, is not a replay', async () => {
    const site = await start(adapter, {});
    const browser = new RealBrowser();
    await browser.login(site);
    const [first] = await browser.values(REFRESH);
    await browser.refresh(site);
    await browser.refresh(site);
    await browser.put(REFRESH, String(first), 'Path=/auth/refresh');
    expect(await browser.count(REFRESH)).toBe(2);
    expect(await browser.refresh(site)).toMatchObject({ status: 200 });
    expect(await browser.count(REFRESH)).toBe(1);
    expect(await browser.refresh(site)).toMatchObject({ status: 200 });
    expect(site.app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
  });

  it('places that the library cannot find are named', async () => {
    const first = await start(adapter, { domain: 'example.com' });
    const former = [{ domain: 'example.com' }, { path: '/auth/refresh' }];
    for (const [named, left] of [
      [[], 2],
      [former, 1],
    ] as const) {
      const browser = new RealBrowser('internal');
      await browser.login(first);
      const second = await start(adapter, { former: named }, { after: first });
      for (let time = 0; time < 2; time++) {
        expect(await browser.login(second)).toMatchObject({ status: 200 });
        expect(await browser.mine(second)).toMatchObject({ status: 200 });
        expect(await browser.refresh(second)).toMatchObject({ status: 200 });
      }
      expect([await browser.count(ACCESS), await browser.count(REFRESH)]).toEqual([left, left]);
    }
  });

  it('good ones of two accounts are refused, and both expire', async () => {
    const site = await start(adapter, {});
    const { pair } = await site.app.newcomer();
    const browser = new RealBrowser();
    const both = async () => {
      await browser.login(site);
      await browser.put(ACCESS, pair.accessToken, 'Domain=example.com; Path=/');
      await browser.put(REFRESH, pair.refreshToken, 'Domain=example.com; Path=/auth');
    };
    for (const [method, path] of [
      ['GET', 'mine'],
      ['PATCH', 'name'],
      ['POST', 'passport'],
    ] as const) {
      await both();
      const answer = await browser.ask(site, method, path);
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(await browser.count(ACCESS)).toBe(0);
      expect(await browser.count(REFRESH)).toBe(2);
    }
    await both();
    const refreshed = await browser.refresh(site);
    expect(refreshed).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
    expect(await browser.count(REFRESH)).toBe(0);
    // Neither sign-in has ended by it.
    expect(await site.app.sessions.refresh(pair.refreshToken)).toBeDefined();
    expect(await browser.login(site)).toMatchObject({ status: 200 });
    expect(await browser.mine(site)).toMatchObject({ status: 200 });
    expect(await browser.refresh(site)).toMatchObject({ status: 200 });
  });

  it('a sibling domain that adds its own token signs nobody in to its account', async () => {
    const site = await start(adapter, {});
    const attacker = (await site.app.newcomer()).pair;
    const dead = (await site.app.newcomer()).pair;
    await site.app.sessions.end(dead.sessionId);
    const browser = new RealBrowser();
    for (const [access, refresh] of [
      ['x', 'x'],
      [dead.accessToken, dead.refreshToken],
      [aged(attacker.accessToken, site.app.options, 1_000), 'x'],
    ] as const) {
      await browser.login(site);
      await browser.put(ACCESS, access, 'Domain=example.com; Path=/');
      await browser.put(REFRESH, refresh, 'Domain=example.com; Path=/auth/refresh');
      for (const path of ['mine', 'perhaps']) {
        const method = path === 'mine' ? 'GET' : 'POST';
        const { status, body } = await browser.ask(site, method, path);
        expect([status, body.userId ?? body.user]).toEqual([
          method === 'GET' ? 200 : 201,
          String(site.person.id),
        ]);
      }
      expect(await browser.refresh(site)).toMatchObject({ status: 200 });
    }
  });

  it.each<[string, readonly string[], string]>([
    [
      'an expired one before all, because a refresh may help',
      ['bad', 'ended', 'expired'],
      'token_expired',
    ],
    ['then what the decision says', ['bad', 'forged', 'ended'], 'session_ended'],
    ['then a signature that is wrong', ['bad', 'forged'], 'token_invalid'],
    ['and what is no token last', ['bad', 'worse'], 'token_malformed'],
  ])('if all are bad, the refusal is that of %s', async (_, kinds, code) => {
    const site = await start(adapter, {});
    const { pair } = await site.app.newcomer();
    const ended = (await site.app.newcomer()).pair;
    await site.app.sessions.end(ended.sessionId);
    const tokens: Record<string, string> = {
      bad: 'x',
      worse: 'a.b',
      forged: `${pair.accessToken.slice(0, -8)}AAAAAAAA`,
      expired: aged(pair.accessToken, site.app.options, 1_000),
      ended: ended.accessToken,
    };
    for (const order of [kinds, kinds.toReversed()]) {
      const cookie = order.map((kind) => `${ACCESS}=${tokens[kind]}`).join('; ');
      for (const [path, method] of [
        ['mine', 'GET'],
        ['passport', 'POST'],
      ]) {
        const headers = { cookie, 'sec-fetch-site': 'same-origin' };
        const answer = await send(`${site.app.url}/${path}`, { method: String(method), headers });
        expect(answer).toMatchObject({ status: 401, body: { code } });
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
  });

  it('at most four are tried, the newest of one account counts, and five cost nothing', async () => {
    const site = await start(adapter, {});
    const { app, person } = site;
    const pairs: { accessToken: string; refreshToken: string; sessionId: string }[] = [];
    for (let index = 0; index < 5; index++) {
      pairs.push(await app.signIn(person));
      // The next one is newer, by the database's clock.
      await sleep(5);
    }
    const ask = (count: number) => {
      const cookies = pairs.slice(0, count).map(({ accessToken }) => `${ACCESS}=${accessToken}`);
      return send(`${app.url}/whoami`, {
        headers: { cookie: [...cookies.slice(1), ...cookies.slice(0, 1)].join('; ') },
      });
    };
    for (const count of [4, 3, 2]) {
      const body = { sessionId: pairs[count - 1]?.sessionId };
      expect(await ask(count)).toMatchObject({ status: 200, body });
    }
    const four = statementsDuring('sqlite', async () => {
      expect(await ask(4)).toMatchObject({ status: 200 });
    });
    // Each of them, and then the one that counts.
    expect(await four).toBeGreaterThanOrEqual(2);
    expect(await four).toBeLessThanOrEqual(5);
    const refreshCookies = pairs.map(({ refreshToken }) => `${REFRESH}=${refreshToken}`);
    const refresh = (cookie: string) =>
      send(`${app.url}/auth/refresh`, {
        method: 'POST',
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
      });
    const five = statementsDuring('sqlite', async () => {
      for (const answer of [await ask(5), await refresh(refreshCookies.join('; '))]) {
        expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      }
    });
    expect(await five).toBe(0);
    const newest = await refresh(refreshCookies.slice(0, 4).join('; '));
    expect(newest).toMatchObject({ status: 200, body: { sessionId: pairs[3]?.sessionId } });
  });

  it('five of them in the path of the refresh route expire, which a sign-in elsewhere does not get', async () => {
    const site = await start(adapter, {});
    const browser = new RealBrowser();
    await browser.login(site);
    const paths = ['/', '/auth', '/auth/refresh'];
    for (const [index, path] of paths.entries()) {
      await browser.put(REFRESH, `host${index}`, `Path=${path}`);
      await browser.put(REFRESH, `site${index}`, `Domain=example.com; Path=${path}`);
    }
    const refused = await browser.refresh(site);
    expect(refused).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
    expect(await browser.count(REFRESH)).toBe(0);
    expect(await browser.login(site)).toMatchObject({ status: 200 });
    expect(await browser.refresh(site)).toMatchObject({ status: 200 });
  });

  it('beside a used one, the current one of a disabled account is refused, and raises no alarm', async () => {
    const site = await start(adapter, {});
    const { app, person } = site;
    const first = await app.signIn(person);
    const second = await app.sessions.refresh(first.refreshToken);
    const third = await app.sessions.refresh(second.refreshToken);
    await app.age(first.sessionId, 400_000);
    const setStatus = (status: string) =>
      app.dataSource.query(`UPDATE person SET status = '${status}' WHERE id = ${person.id}`);
    const refresh = (tokens: readonly { readonly refreshToken: string }[]) =>
      send(`${app.url}/auth/refresh`, {
        method: 'POST',
        headers: {
          cookie: tokens.map(({ refreshToken }) => `${REFRESH}=${refreshToken}`).join('; '),
          'sec-fetch-site': 'same-origin',
        },
      });
    await setStatus('off');
    for (const stale of [first, second]) {
      for (const order of [
        [stale, third],
        [third, stale],
      ]) {
        expect(await refresh(order)).toMatchObject({ body: { code: 'account_disabled' } });
      }
    }
    await setStatus('active');
    expect(await refresh([first, second, third])).toMatchObject({ status: 200 });
    expect(app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
  });

  it.each(['-a.example.com', 'a-.example.com', `${'a'.repeat(64)}.example.com`, 'x'.repeat(300)])(
    'a host that can be no domain of a cookie, %s, is no obstacle',
    async (host) => {
      const site = await start(adapter, {});
      const browser = new RealBrowser(host);
      expect(await browser.login(site)).toMatchObject({ status: 200 });
      expect(await browser.login(site)).toMatchObject({ status: 200 });
      expect(await browser.refresh(site)).toMatchObject({ status: 200 });
      expect(await browser.ask(site, 'POST', 'auth/logout')).toMatchObject({ status: 204 });
      expect([await browser.count(ACCESS), await browser.count(REFRESH)]).toEqual([0, 0]);
    },
  );

  it('without the database to choose one, it is 503', async () => {
    const site = await start(adapter, {});
    const { pair } = await site.app.newcomer();
    const browser = new RealBrowser();
    await browser.login(site);
    await browser.put(ACCESS, pair.accessToken, 'Domain=example.com; Path=/');
    await browser.put(REFRESH, pair.refreshToken, 'Domain=example.com; Path=/auth');
    await site.app.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
    for (const answer of [await browser.mine(site), await browser.refresh(site)]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it('a renewal expires the stale one', async () => {
    const site = await start(adapter, {}, { renewal: {} });
    const browser = new RealBrowser();
    await browser.login(site);
    const [token = ''] = await browser.values(ACCESS);
    const { accessToken } = await site.app.signIn(site.person);
    await site.app.revocation.revokeToken(accessToken);
    await browser.put(ACCESS, accessToken, 'Domain=example.com; Path=/');
    await browser.put(ACCESS, aged(token, site.app.options, 800));
    expect(await browser.count(ACCESS)).toBe(2);
    expect(await browser.mine(site)).toMatchObject({ status: 200 });
    expect(await browser.count(ACCESS)).toBe(1);
    expect(await browser.values(ACCESS)).not.toContain(accessToken);
    expect(await browser.mine(site)).toMatchObject({ status: 200 });
  });

  it('a usual sign-in and a usual refresh set two cookies and expire none', async () => {
    const site = await start(adapter, { domain: 'example.com' });
    const browser = new RealBrowser();
    expect((await browser.login(site)).headers.getSetCookie()).toHaveLength(2);
    expect((await browser.refresh(site)).headers.getSetCookie()).toHaveLength(2);
  });

  it('partitioned ones are set, and expired, as such; those from before are not', async () => {
    const partitioned = { sameSite: 'none', partitioned: true } as const;
    const site = await start(adapter, partitioned, { from: { cookie: '__Host-access' } });
    const browser = new RealBrowser();
    const set = (await browser.login(site)).headers.getSetCookie();
    expect(set).toHaveLength(2);
    for (const one of set) {
      expect(one).toContain('; Secure; Partitioned');
      expect(one).toContain('; SameSite=None');
    }
    const expired = (await browser.ask(site, 'POST', 'auth/logout')).headers.getSetCookie();
    expect(expired.filter((one) => one.startsWith('__Host-access=;'))).toEqual([
      '__Host-access=; Max-Age=0; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
      '__Host-access=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None',
    ]);
    const refresh = expired.filter((one) => one.startsWith(`${REFRESH}=;`));
    expect(refresh.some((one) => /Path=\/auth; .*Partitioned/.test(one))).toBe(true);
    expect(refresh.some((one) => /Path=\/auth; HttpOnly; Secure; SameSite/.test(one))).toBe(true);
  });
});
