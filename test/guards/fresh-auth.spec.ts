/** Step-up: routes that ask for a sign-in that is not long ago (RFC 9470). */
import { Controller, Get, Inject, Post, type Type, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  CurrentUser,
  EnforcesRoles,
  FreshAuth,
  JwtAuthGuard,
  JwtRolesGuard,
  OptionalAuth,
  type Principal,
  Public,
  Roles,
  RolesGuard,
  SessionService,
} from 'nestjs-revocable-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SessionApp, startSessionApp } from '../sessions/support/session-app.js';
import { startAuthApp } from '../support/auth-app.js';
import { claimsOf, forge } from '../support/tokens.js';
import { ADAPTERS, send } from '../support/http.js';

function vault(path: string, ...guards: Type[]): Type {
  @Controller(path)
  @UseGuards(...guards)
  @FreshAuth({ maxAge: '5m' })
  class Vault {
    constructor(@Inject(SessionService) private readonly sessions: SessionService) {}

    @Get('open')
    open() {
      return { ok: true };
    }

    @Get('longer')
    @FreshAuth({ maxAge: '1h' })
    longer() {
      return { ok: true };
    }

    @Get('anybody')
    @Public()
    anybody() {
      return { ok: true };
    }

    @Post('confirm')
    @FreshAuth({ maxAge: '24h' })
    confirm(@CurrentUser() user: Principal) {
      return this.sessions.reissue(user);
    }
  }
  return Vault;
}

@Controller('staff')
@UseGuards(JwtRolesGuard)
class Staff {
  @Get()
  @Roles('admin')
  @FreshAuth({ maxAge: 300_000 })
  list() {
    return { ok: true };
  }
}

const CHALLENGE =
  'Bearer error="insufficient_user_authentication", error_description="This needs a recent sign-in. Sign in again.", max_age="300"';
const WAYS = ['guard', 'roles-guard', 'passport'] as const;

describe.each(ADAPTERS)('@FreshAuth on %s', (adapter) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startSessionApp({
      adapter,
      controllers: [
        vault('guard', JwtAuthGuard),
        vault('roles-guard', JwtRolesGuard),
        vault('passport', AuthGuard('jwt'), RolesGuard),
        Staff,
      ],
    });
  });
  afterAll(() => app.close());

  /** The same token of somebody who signed in so many seconds ago. */
  const signedInAgo = (token: string, seconds: number) =>
    forge(token, app.options, { claims: { auth_time: Math.floor(Date.now() / 1000) - seconds } });

  it.each(WAYS)('%s: accepts users who have just signed in, and challenges others', async (way) => {
    const { pair } = await app.newcomer();
    expect(await app.get(`${way}/open`, pair.accessToken)).toMatchObject({ status: 200 });
    const recent = signedInAgo(pair.accessToken, 290);
    expect(await app.get(`${way}/open`, recent)).toMatchObject({ status: 200 });

    const old = signedInAgo(pair.accessToken, 302);
    const refused = await app.get(`${way}/open`, old);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe(CHALLENGE);
    expect(refused.body).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: 'insufficient_user_authentication',
      message: 'This needs a recent sign-in. Sign in again.',
    });
    // The method's own time takes the place of the class's.
    expect(await app.get(`${way}/longer`, old)).toMatchObject({ status: 200 });
    expect(await app.get(`${way}/open`)).toMatchObject({ body: { code: 'token_missing' } });
  });

  it('a public route does not require it', async () => {
    for (const way of ['guard', 'roles-guard'] as const) {
      expect(await app.get(`${way}/anybody`)).toMatchObject({ status: 200 });
    }
  });

  it('a user without the role is not sent to sign in again', async () => {
    const { pair } = await app.newcomer();
    const old = signedInAgo(pair.accessToken, 3_600);
    expect(await app.get('staff', old)).toMatchObject({ body: { code: 'insufficient_role' } });
    const admin = await app.newcomer({ roles: ['admin'] });
    expect(await app.get('staff', admin.pair.accessToken)).toMatchObject({ status: 200 });
    expect(await app.get('staff', signedInAgo(admin.pair.accessToken, 3_600))).toMatchObject({
      body: { code: 'insufficient_user_authentication' },
    });
  });

  it('a refresh does not count as a sign-in: it keeps the time of the sign-in', async () => {
    const { pair } = await app.newcomer();
    const { auth_time } = claimsOf(pair.accessToken);
    await app.dataSource.query(
      `UPDATE auth_session SET stamps = replace(stamps, '"auth_time":${String(auth_time)}', '"auth_time":${Number(auth_time) - 302}') WHERE id = '${pair.sessionId}'`,
    );
    const refreshed = await app.sessions.refresh(pair.refreshToken);
    expect(claimsOf(refreshed.accessToken)['auth_time']).toBe(Number(auth_time) - 302);
    const { accessToken } = refreshed;
    expect(await app.get('guard/open', accessToken)).toMatchObject({ status: 401 });

    // The user of a reissued session has just proved who they are.
    const confirmed = await send(`${app.url}/guard/confirm`, {
      method: 'POST',
      token: accessToken,
    });
    expect(confirmed.body).toMatchObject({ sessionId: pair.sessionId });
    const token = String(confirmed.body.accessToken);
    expect(await app.get('guard/open', token)).toMatchObject({ status: 200 });
  });
});

/** What stops the start with these controllers. */
const problems = (...controllers: Type[]) =>
  startAuthApp({ controllers }).then(
    (app) => app.close().then(() => []),
    (error: unknown) => Object(error).problems,
  );

describe('the audit', () => {
  @EnforcesRoles()
  class Own {
    canActivate = () => true;
  }

  it.each<[string, Type[]]>([
    ['no guard', []],
    ["AuthGuard('jwt') alone", [AuthGuard('jwt')]],
    ['a guard of its own that enforces roles', [Own]],
  ])('stops the start if no guard would enforce it: %s', async (_, guards) => {
    expect(await problems(vault('vault', ...guards))).toEqual([
      expect.stringMatching(/^Vault\.open requires a recent sign-in \(@FreshAuth\)/),
      expect.stringMatching(/^Vault\.longer requires/),
      expect.stringMatching(/^Vault\.confirm requires/),
    ]);
  });

  it('stops it if one element contradicts itself', async () => {
    @Controller()
    @UseGuards(JwtAuthGuard)
    class Site {
      @Get('a')
      @Public()
      @FreshAuth({ maxAge: '5m' })
      a() {}

      @Get('b')
      @OptionalAuth()
      @FreshAuth({ maxAge: '5m' })
      b() {}
    }
    expect(await problems(Site)).toEqual([
      expect.stringMatching(/^Site\.a contradicts itself/),
      expect.stringMatching(/^Site\.b contradicts itself/),
    ]);
  });
});

it.each([undefined, {}, { maxAge: 0 }, { maxAge: '0.5s' }, { maxAge: 'soon' }, { maxAge: -1 }])(
  'FreshAuth(%j) is refused when the class is defined',
  (options) => {
    expect(() => FreshAuth(Object(options))).toThrow(TypeError);
  },
);
