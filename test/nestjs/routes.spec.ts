/** What an application puts around every route, and the routes that the library serves. */
import {
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
  RequestMethod,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { map } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS, type Answer, send, type Sent } from '../support/http.js';

const CLIENT = { id: 'billing', secret: 'Zt4Nf-q9sWm2xVtLcZb4NfHd6YgTpQaE' };
const BASIC = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;

/** Wraps every answer, as many applications do. */
class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data, wrapped: true })));
  }
}

/** Loads the caller, and puts the entity in the place of the principal. */
class LoadCaller implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    context.switchToHttp().getRequest<{ user?: unknown }>().user = { id: 1, name: 'Alice' };
    return next.handle();
  }
}

/** Copies every value that Nest gives it. */
class Copy implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? { ...value } : value;
  }
}

describe.each(ADAPTERS)('the routes of the library on %s', (adapter) => {
  let app: AuthApp;
  const start = async (
    prepare: (app: INestApplication) => void = () => undefined,
    cookies: object = {},
  ) => {
    app = await startAuthApp({
      adapter,
      prepare,
      jwt: {
        secret: undefined,
        keys: [{ kid: 'one', secret: 'k7Jr0-q9sWm2xVtLcZb4NfHd6YgTpQaE' }],
        ...cookies,
      },
      auth: { sessions: {}, oauth: { clients: [CLIENT] } },
      extras: { jwks: true, routes: { admin: { roles: ['admin'] } } },
    });
  };
  afterEach(() => app.close());

  const post = (path: string, sent: Sent = {}): Promise<Answer> =>
    send(`${app.url}/${path}`, { method: 'POST', ...sent });
  const form = (path: string, token: string, authorization = BASIC) =>
    post(path, {
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }).toString(),
    });
  const signIn = async () => app.auth.signIn(await app.addPerson({ roles: ['admin'] }));

  /** Every route works, below this path. */
  const works = async (below = '', machines = below) => {
    const first = await signIn();
    const pair = await post(`${below}auth/refresh`, { json: { refreshToken: first.refreshToken } });
    expect(pair).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } });
    const token: string = pair.body.accessToken;
    const list = await app.get(`${below}auth/sessions`, token);
    expect(list).toMatchObject({ status: 200, body: [{ current: true }] });
    const { userId } = await app.auth.authenticate(token);
    const seen = await app.get(`${below}admin/users/${userId}/sessions`, token);
    expect(seen).toMatchObject({ status: 200, body: [{ current: true }] });
    expect(await form(`${machines}oauth/introspect`, token)).toMatchObject({
      status: 200,
      body: { active: true, sub: userId },
    });
    const jwks = await app.get(`${machines}.well-known/jwks.json`);
    expect(jwks).toMatchObject({ status: 200, body: { keys: [] } });
    const other = await signIn();
    expect(await form(`${machines}oauth/revoke`, other.accessToken)).toMatchObject({
      status: 200,
      text: '',
    });
    const ended = await post(`${below}admin/users/${userId}/logout?visibility=everywhere`, {
      token,
      json: { reason: 'lost' },
    });
    expect(ended.status).toBe(204);
    const leaving = await signIn();
    const kept = await post(`${below}auth/logout-all`, {
      token: leaving.accessToken,
      json: { keepCurrent: true },
    });
    expect(kept.status).toBe(204);
    const gone = await post(`${below}auth/logout`, { token: leaving.accessToken });
    expect(gone.status).toBe(204);
    expect(gone.headers.get('clear-site-data')).toContain('"cookies"');
    expect(await app.get(`${below}auth/sessions`, leaving.accessToken)).toMatchObject({
      status: 401,
    });
  };

  it.each([
    ['whitelist', { whitelist: true, transform: true }],
    [
      'the strictest',
      {
        whitelist: true,
        forbidNonWhitelisted: true,
        forbidUnknownValues: true,
        transform: true,
        validateCustomDecorators: true,
        transformOptions: { enableImplicitConversion: true },
      },
    ],
  ])('work under a global ValidationPipe: %s', async (_name, options) => {
    await start((nest) => nest.useGlobalPipes(new ValidationPipe(options)));
    await works();
  });

  it('work under a global pipe that copies its value', async () => {
    await start((nest) => nest.useGlobalPipes(new Copy()));
    await works();
  });

  it('work if an interceptor replaces request.user', async () => {
    await start((nest) => nest.useGlobalInterceptors(new LoadCaller()));
    await works();
  });

  it('for machines keep their standard body if an interceptor wraps every answer', async () => {
    await start((nest) => nest.useGlobalInterceptors(new Wrap()));
    const { accessToken, refreshToken } = await signIn();
    expect((await app.get('.well-known/jwks.json')).body).toEqual({ keys: [] });
    expect((await form('oauth/introspect', accessToken)).body).toMatchObject({ active: true });
    expect((await form('oauth/introspect', 'bad')).body).toEqual({ active: false });
    expect((await form('oauth/revoke', accessToken)).text).toBe('');
    const refused = await form('oauth/introspect', accessToken, 'Basic eDp5');
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(refused.body).not.toHaveProperty('wrapped');
    // The routes for the application's own clients are answered as its own are.
    const pair = await post('auth/refresh', { json: { refreshToken } });
    expect(pair.body).toMatchObject({ wrapped: true });
  });

  it.each([
    ['the URI', { type: VersioningType.URI, defaultVersion: '1' } as const],
    [
      'a header',
      { type: VersioningType.HEADER, header: 'X-Version', defaultVersion: '1' } as const,
    ],
    ['a media type', { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' } as const],
  ])('have no version, if %s gives other routes one', async (_name, options) => {
    await start((nest) => nest.enableVersioning(options));
    await works();
  });

  it('are below a global prefix that is set after AuthModule was made', async () => {
    await start((nest) => nest.setGlobalPrefix('api'));
    await works('api/');
  });

  it('follow exclusions from the prefix', async () => {
    await start((nest) =>
      nest.setGlobalPrefix('api', {
        exclude: ['.well-known/jwks.json', 'oauth/introspect', 'oauth/revoke'],
      }),
    );
    await works('api/', '');
  });

  it.each([
    [RequestMethod.POST, '/auth', 'auth/'],
    [RequestMethod.ALL, '/auth', 'auth/'],
    [RequestMethod.GET, '/api/auth', 'api/auth/'],
  ])(
    'the refresh cookie has the path of the routes: excluded for method %i',
    async (method, cookie, below) => {
      app = await startAuthApp({
        adapter,
        jwt: { from: { cookie: '__Host-access' } },
        auth: { sessions: {}, cookies: { refresh: '__Secure-refresh' } },
        extras: { routes: {} },
        prepare: (nest) =>
          nest.setGlobalPrefix('api', {
            exclude: ['refresh', 'logout'].map((name) => ({ path: `auth/${name}`, method })),
          }),
      });
      const token = await signIn();
      expect(app.auth.cookiesFor(token)[1]).toContain(`Path=${cookie};`);
      const headers = {
        cookie: `__Secure-refresh=${token.refreshToken}`,
        'sec-fetch-site': 'same-origin',
      };
      expect((await post(`${below}refresh`, { headers })).status).toBe(200);
      expect((await post(`${below}logout`, { headers })).status).toBe(204);
    },
  );
});
