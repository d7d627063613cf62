/** Tokens in cookies: how they are set, scoped and taken back, and that no other site can use them. */
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Patch,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  type AuthRequest,
  AuthService,
  type CookieOptions,
  CurrentUser,
  type HttpResponse,
  JwtAuthGuard,
  OptionalAuth,
  type Principal,
  Public,
  type TokenLocation,
} from 'nestjs-revocable-jwt';
import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { startSessionApp, type SessionApp } from '../sessions/support/session-app.js';
import type { AuthAppOptions } from '../support/auth-app.js';
import { Person } from '../support/person.entity.js';

const ACCESS = '__Host-access';
const REFRESH = '__Secure-refresh';

/** What an application adds: its login, and routes that change something. */
@Controller()
class SiteController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  @Post('login')
  @Public()
  @HttpCode(200)
  async login(
    @Body('id') id: number,
    @Req() request: AuthRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ) {
    this.auth.requireOwnOrigin(request);
    const person = await this.dataSource.manager.findOneByOrFail(Person, { id });
    return this.auth.deliver(await this.auth.signIn(person), response);
  }

  @Patch('name')
  @UseGuards(JwtAuthGuard)
  rename(@CurrentUser('userId') userId: string) {
    return { userId };
  }

  @Post('passport')
  @UseGuards(AuthGuard('jwt'))
  passport(@CurrentUser('userId') userId: string) {
    return { userId };
  }

  @Post('perhaps')
  @UseGuards(JwtAuthGuard)
  @OptionalAuth()
  perhaps(@CurrentUser() user?: Principal) {
    return { user: user?.userId ?? null };
  }

  @Get('mine')
  @UseGuards(JwtAuthGuard)
  mine(@CurrentUser('userId') userId: string) {
    return { userId };
  }
}

/** A browser, as far as it matters: keeps cookies by name and path, sends those that fit. */
class Browser {
  readonly jar = new Map<string, { value: string; path: string }>();

  constructor(
    private readonly url: string,
    /** What it says of where requests come from. */
    public says: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ) {}

  async send(method: string, path: string, body?: unknown, cookie = this.cookieFor(path)) {
    const response = await fetch(`${this.url}/${path}`, {
      method,
      headers: {
        ...this.says,
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) this.keep(set);
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: answer };
  }

  cookieFor(path: string): string {
    const fitting = [...this.jar].filter(([, { path: scope }]) => `/${path}`.startsWith(scope));
    return fitting.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  private keep(set: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    const [, path = '/'] = /; Path=([^;]+)/.exec(set) ?? [];
    if (set.includes('Max-Age=0')) this.jar.delete(name);
    else this.jar.set(name, { value, path });
  }
}

let app: SessionApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(
  adapter: 'express' | 'fastify',
  options: {
    readonly from?: TokenLocation;
    readonly cookies?: CookieOptions;
    readonly prepare?: AuthAppOptions['prepare'];
  } = {},
) {
  const { from = { cookie: ACCESS }, cookies = { refresh: REFRESH }, prepare } = options;
  app = await startSessionApp({
    adapter,
    controllers: [SiteController],
    jwt: { from },
    auth: { cookies },
    extras: { routes: { admin: { roles: ['admin'] } } },
    ...(prepare === undefined ? {} : { prepare }),
  });
  const person = await app.addPerson();
  const browser = new Browser(app.url);
  const signedIn = async (prefix = '') => {
    const answer = await browser.send('POST', `${prefix}login`, { id: person.id });
    expect(answer.status).toBe(200);
    return answer;
  };
  return { app, person, browser, signedIn };
}

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

describe.each(['express', 'fastify'] as const)('on %s', (adapter) => {
  it('login sets them out of reach of scripts, each where it belongs, and shows none', async () => {
    const { signedIn, browser } = await start(adapter);
    const { headers, body } = await signedIn();
    const [access = '', refresh = ''] = headers.getSetCookie();
    expect(access).toMatch(
      /^__Host-access=[\w.-]+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(refresh).toMatch(
      /^__Secure-refresh=[\w.-]+; Max-Age=1209\d{3}; Path=\/auth\/refresh; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({ tokenType: 'Bearer', expiresIn: 900, sessionId: expect.any(String) });
    // The refresh token travels on no other request.
    expect(browser.cookieFor('mine')).not.toContain(REFRESH);
    expect(await browser.send('GET', 'mine')).toMatchObject({ status: 200 });
  });

  it('a refresh renews both, and shows none', async () => {
    const { signedIn, browser } = await start(adapter);
    await signedIn();
    const before = new Map(browser.jar);
    const { status, headers, body } = await browser.send('POST', 'auth/refresh');
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(body).toEqual({ tokenType: 'Bearer', expiresIn: 900, sessionId: expect.any(String) });
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
        `${REFRESH}=; Max-Age=0; Path=/auth/refresh; HttpOnly; Secure; SameSite=Strict`,
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

  it('a refresh that fails leaves the winner’s cookies alone', async () => {
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

  it('follows a global prefix, and attributes that are asked for', async () => {
    const { signedIn, browser } = await start(adapter, {
      from: { cookie: '__Secure-access' },
      cookies: { refresh: REFRESH, sameSite: 'lax', domain: 'example.com' },
      prepare: (nest) => nest.setGlobalPrefix('/api/v1/'),
    });
    const { headers } = await signedIn('api/v1/');
    const [access, refresh] = headers.getSetCookie();
    expect(access).toMatch(/; Domain=example.com; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(refresh).toMatch(/; Path=\/api\/v1\/auth\/refresh; HttpOnly; Secure; SameSite=Lax$/);
    expect(await browser.send('POST', 'api/v1/auth/refresh')).toMatchObject({ status: 200 });
  });

  it('a route that is left out of the prefix keeps its path', async () => {
    const { signedIn } = await start(adapter, {
      prepare: (nest) => nest.setGlobalPrefix('api', { exclude: ['auth/refresh'] }),
    });
    const { headers } = await signedIn('api/');
    expect(headers.getSetCookie()[1]).toContain('; Path=/auth/refresh;');
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

  it('where clients may use the header too, each is answered the way it asks', async () => {
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
    const renamed = await fetch(`${app.url}/name`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${pair.accessToken}`, origin: 'https://evil.example' },
    });
    expect(renamed.status).toBe(200);
    await signedIn();
    const answer = await browser.send('POST', 'auth/refresh');
    expect(answer.headers.getSetCookie()).toHaveLength(2);
    expect(Object.keys(Object(answer.body))).not.toContain('refreshToken');
    browser.says = { origin: 'https://evil.example' };
    expect(await browser.send('PATCH', 'name')).toMatchObject(REFUSED);
  });

  describe('no other site can use them', () => {
    const ROUTES: [string, string][] = [
      ['PATCH', 'name'],
      ['POST', 'passport'],
      ['POST', 'perhaps'],
      ['POST', 'auth/refresh'],
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

    it('one from our own page in an old browser, which says its origin alone, is served', async () => {
      const { app, signedIn, browser } = await start(adapter);
      await signedIn();
      browser.says = { origin: app.url };
      expect(await browser.send('PATCH', 'name')).toMatchObject({ status: 200 });
      expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
    });

    it('nor sign a visitor in to an account of its own', async () => {
      const { person, browser } = await start(adapter);
      browser.says = { 'sec-fetch-site': 'cross-site' };
      expect(await browser.send('POST', 'login', { id: person.id })).toMatchObject(REFUSED);
      expect(browser.jar.size).toBe(0);
    });

    it('a second cookie of one name, which a sibling domain can set, is not chosen from', async () => {
      const { signedIn, browser, app } = await start(adapter);
      await signedIn();
      const { pair } = await app.newcomer();
      for (const both of [
        (own: string) => `${REFRESH}=${pair.refreshToken}; ${own}`,
        (own: string) => `${own}; ${REFRESH}=${pair.refreshToken}`,
      ]) {
        const tossed = both(browser.cookieFor('auth/refresh'));
        const answer = await browser.send('POST', 'auth/refresh', undefined, tossed);
        expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
      const access = `${browser.cookieFor('mine')}; ${ACCESS}=${pair.accessToken}`;
      const mine = await browser.send('GET', 'mine', undefined, access);
      expect(mine).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      expect(await browser.send('POST', 'auth/refresh')).toMatchObject({ status: 200 });
    });
  });

  it('a refresh token in the body is none where a cookie carries it', async () => {
    const { app, person, browser } = await start(adapter);
    const { refreshToken } = await app.signIn(person);
    const answer = await browser.send('POST', 'auth/refresh', { refreshToken });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const query = await browser.send('POST', `auth/refresh?refreshToken=${refreshToken}`);
    expect(query).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  });

  it('oversized cookies and bodies are refused, and cost no query', async () => {
    const { browser, app } = await start(adapter);
    const before = app.queries.statements.length;
    const long = await browser.send(
      'POST',
      'auth/refresh',
      undefined,
      `${REFRESH}=${'x'.repeat(9_000)}`,
    );
    expect(long).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
    expect(await browser.send('POST', 'auth/refresh', { a: 'x'.repeat(50_000) })).toMatchObject({
      status: 400,
    });
    expect(app.queries.statements.length).toBe(before);
  });
});
