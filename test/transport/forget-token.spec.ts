/** Client-side removal: the answer makes the browser forget the token, once the route has succeeded. */
import { Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import {
  CurrentUser,
  ForgetToken,
  JwtAuthGuard,
  OptionalAuth,
  type Principal,
  RevocationService,
} from 'nestjs-revocable-jwt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { DeskController } from '../interceptors/support/desk.controller.js';
import { ADAPTERS, send } from '../support/http.js';
import { aged } from '../support/tokens.js';

const COOKIE = '__Host-access';
const EXPIRED = `${COOKIE}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`;

/** Logs out who is logged in, and succeeds for who is not any more. */
@Controller()
class LogoutController {
  constructor(@Inject(RevocationService) private readonly revocation: RevocationService) {}

  @Post('logout')
  @HttpCode(204)
  @UseGuards(JwtAuthGuard)
  @OptionalAuth()
  @ForgetToken()
  async logout(@CurrentUser() user?: Principal) {
    if (user !== undefined) await this.revocation.revokeSession(user.sessionId);
  }
}

describe.each(ADAPTERS)('a logout of the application’s own with @OptionalAuth on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeEach(async () => {
    app = await startAuthApp({
      adapter,
      controllers: [LogoutController],
      jwt: { from: { cookie: COOKIE } },
    });
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterEach(() => app.close());
  const logout = (headers: Record<string, string>) =>
    send(`${app.url}/logout`, { method: 'POST', headers });

  it('expires the cookie by a live token, an expired one, a revoked one and none', async () => {
    for (const cookie of [
      `${COOKIE}=${aged(token, app.options, 1_000)}`,
      `${COOKIE}=${token}`,
      `${COOKIE}=${token}`,
      '',
    ]) {
      const { status, headers } = await logout({ cookie, 'sec-fetch-site': 'same-origin' });
      expect([status, headers.getSetCookie()]).toEqual([204, [EXPIRED]]);
      expect(headers.get('clear-site-data')).toContain('"cookies"');
    }
    const answer = await app.get('whoami', undefined, { cookie: `${COOKIE}=${token}` });
    expect(answer).toMatchObject({ status: 401, body: { code: 'session_ended' } });
  });

  it.each<Record<string, string>>([
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'null' },
  ])('does not if another site made the browser send the request: %j', async (says) => {
    expect(await logout({ ...says, cookie: `${COOKIE}=${token}` })).toMatchObject({ status: 403 });
    // SameSite keeps the cookie back, and nobody is known.
    const { status, headers } = await logout(says);
    expect([status, headers.getSetCookie()]).toEqual([204, []]);
    expect(headers.get('clear-site-data')).toBeNull();
  });
});

describe.each(ADAPTERS)('@ForgetToken on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({
      adapter,
      controllers: [DeskController],
      jwt: { from: { cookie: COOKIE } },
    });
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterAll(() => app.close());
  const ask = (path: string) => app.get(path, undefined, { cookie: `${COOKIE}=${token}` });

  it('expires the cookie and clears what the site has stored', async () => {
    const { status, headers } = await ask('desk/forget');
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toEqual([
      `${COOKIE}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ]);
    expect(headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"');
  });

  it.each([
    ['own-forget', 200, []],
    ['forget-raw', 200, ['theme=dark; Path=/']],
    ['forget-listed', 200, ['theme=dark; Path=/']],
    ['forget-piped', 200, []],
    ['forget-flushed', 200, []],
    ['forget-file', 200, []],
    ['forget-events', 200, []],
    ['forget-redirect', 302, []],
  ])('also if the handler sends the response itself: /desk/%s', async (path, expected, before) => {
    const { status, headers } = await send(`${app.url}/desk/${path}`, {
      headers: { cookie: `${COOKIE}=${token}` },
      redirect: 'manual',
    });
    expect(status).toBe(expected);
    expect(headers.getSetCookie()).toEqual([
      ...before,
      `${COOKIE}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ]);
    expect(headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"');
  });

  it('revokes nothing: a copy of the token stays valid', async () => {
    await ask('desk/forget');
    expect(await ask('desk/ok')).toMatchObject({ status: 200 });
  });

  it.each([
    ['desk/forget-thrown', 418],
    ['desk/forget-rejected', 409],
    ['desk/forget-own-rejected', 409],
    ['desk/ok', 200],
  ])('does nothing at /%s', async (path, expected) => {
    const { status, headers } = await ask(path);
    expect(status).toBe(expected);
    expect(headers.getSetCookie()).toEqual([]);
    expect(headers.get('clear-site-data')).toBeNull();
  });

  it('also clears if nobody is signed in', async () => {
    const { status, headers } = await ask('desk/forget-public');
    expect(status).toBe(200);
    expect(headers.get('clear-site-data')).toContain('"cookies"');
  });

  it('needs no cookie: with the header it clears what the site has stored', async () => {
    const other = await startAuthApp({ adapter, controllers: [DeskController] });
    const { accessToken } = await other.auth.signIn(await other.addPerson());
    const { headers } = await other.get('desk/forget', accessToken);
    expect(headers.getSetCookie()).toEqual([]);
    expect(headers.get('clear-site-data')).toContain('"storage"');
    await other.close();
  });
});
