/** The routes for sessions that the library serves, in applications of every make. */
import { VersioningType } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  accountStatus,
  AuthModule,
  type AuthModuleExtras,
  AuthService,
  authToken,
  session,
  type TokenPair,
} from 'nestjs-revocable-jwt';
import { afterEach, describe, expect, it } from 'vitest';
import { type AuthAppOptions, authOptions, startAuthApp } from '../../support/auth-app.js';
import { type SessionApp, startSessionApp } from '../../sessions/support/session-app.js';
import { ADAPTERS, send } from '../../support/http.js';
import { sessionRoutes } from '../../../lib/routes/session/session-routes.js';

const ROUTES = { admin: { roles: ['admin'] } };
const NO_ONE = '00000000-0000-4000-8000-000000000000';

let app: SessionApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(given: AuthAppOptions = {}): Promise<SessionApp> {
  const extras = { routes: ROUTES, ...given.extras };
  return (app = await startSessionApp({ ...given, extras }));
}

interface Sent {
  readonly pair?: Pick<TokenPair, 'accessToken'>;
  readonly body?: unknown;
}

const ask = (method: string, path: string, { pair, body }: Sent = {}) =>
  send(`${app?.url}/${path}`, { method, token: pair?.accessToken, json: body });

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('exist if the option is set, and have their own guards', async () => {
    const { newcomer } = await start({ adapter });
    const { pair, person } = await newcomer();
    const { refreshToken } = pair;
    const refreshed = await ask('POST', 'auth/refresh', { body: { refreshToken } });
    expect(refreshed).toMatchObject({ status: 200, body: { sessionId: pair.sessionId } });
    for (const [method, path] of [
      ['POST', 'auth/logout'],
      ['POST', 'auth/logout-all'],
      ['GET', 'auth/sessions'],
      ['DELETE', `auth/sessions/${NO_ONE}`],
      ['GET', `admin/users/${person.id}/sessions`],
      ['POST', `admin/users/${person.id}/logout`],
      ['DELETE', `admin/sessions/${pair.sessionId}`],
    ] as const) {
      const nobody = await ask(method, path);
      expect(nobody, path).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(nobody.headers.get('www-authenticate')).toBe('Bearer');
      if (!path.startsWith('admin')) continue;
      const refused = await ask(method, path, { pair });
      expect(refused, path).toMatchObject({ status: 403, body: { code: 'insufficient_role' } });
    }
    expect(await ask('GET', 'auth/sessions', { pair })).toMatchObject({
      status: 200,
      body: [{ id: pair.sessionId, current: true, ip: '127.0.0.1' }],
    });
    expect(await ask('POST', 'auth/logout', { pair })).toMatchObject({ status: 204 });
    expect(await ask('GET', 'auth/sessions', { pair })).toMatchObject({ status: 401 });
  });

  it('no user learns that another user’s session exists, and admins can end it', async () => {
    const { newcomer } = await start({ adapter });
    const [mine, theirs] = [await newcomer(), await newcomer()];
    const path = `sessions/${theirs.pair.sessionId}`;
    const foreign = await ask('DELETE', `auth/${path}`, mine);
    const none = await ask('DELETE', `auth/sessions/${NO_ONE}`, mine);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(foreign.body).toEqual(none.body);
    expect(await ask('GET', 'auth/sessions', theirs)).toMatchObject({ status: 200 });

    const admin = await newcomer({ roles: ['admin'] });
    expect(await ask('DELETE', `admin/${path}`, admin)).toMatchObject({ status: 204 });
    expect(await ask('GET', 'auth/sessions', theirs)).toMatchObject({
      body: { code: 'session_ended' },
    });
    expect(app?.events).toContainEqual(
      expect.objectContaining({ type: 'session_ended', actor: String(admin.person.id) }),
    );
  });

  it('an id in the path that no column could hold is 404', async () => {
    const { newcomer } = await start({ adapter });
    const admin = await newcomer({ roles: ['admin'] });
    for (const id of [
      'x',
      '99999',
      '99999999999999999999',
      '1e3',
      '1%00',
      '%F0%9F%99%82',
      "1'--",
    ]) {
      for (const [method, path] of [
        ['GET', `admin/users/${id}/sessions`],
        ['POST', `admin/users/${id}/logout`],
        ['DELETE', `admin/sessions/${id}`],
        ['DELETE', `auth/sessions/${id}`],
      ] as const) {
        const answer = await ask(method, path, admin);
        expect(answer, path).toMatchObject({ status: 404, body: { code: 'not_found' } });
      }
    }
  });

  it('are below a global prefix, without a version, at the configured paths', async () => {
    const routes = { path: '/v2/me/', admin: { path: 'staff/area', roles: ['admin'] } };
    const { newcomer, app: nest } = await start({
      adapter,
      extras: { routes },
      prepare: (nest) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    const { pair } = await newcomer({ roles: ['admin'] });
    const { refreshToken } = pair;
    const refreshed = await ask('POST', 'api/v2/me/refresh', { body: { refreshToken } });
    expect(refreshed).toMatchObject({ status: 200 });
    const sessions = await ask('GET', 'api/staff/area/users/1/sessions', { pair });
    expect(sessions).toMatchObject({ status: 200, body: [{ id: pair.sessionId }] });

    const document = SwaggerModule.createDocument(nest, new DocumentBuilder().build());
    const { post } = document.paths['/api/v2/me/refresh'] ?? {};
    expect(post).toMatchObject({ tags: ['auth'], requestBody: { required: true } });
    expect(Object.keys(post?.responses ?? {})).toEqual(['200', '400', '401', '503']);
    const remove = document.paths['/api/staff/area/sessions/{id}']?.delete;
    expect(remove?.parameters).toEqual([
      expect.objectContaining({ name: 'id', in: 'path', required: true }),
      expect.objectContaining({ name: 'visibility', in: 'query', required: false }),
    ]);
    expect(remove).toMatchObject({ security: [{ bearer: [] }] });
    // An access token is one of several ways to say who logs out.
    const logout = document.paths['/api/v2/me/logout']?.post;
    expect(new Set(logout?.security)).toEqual(new Set([{ bearer: [] }, {}]));
    expect(logout).toMatchObject({ requestBody: { required: false } });
    expect(Object.keys(logout?.responses ?? {})).toEqual(['204', '400', '401', '503']);
  });

  it('without a version to raise, logging out everywhere ends every session', async () => {
    const { newcomer, signIn } = await start({
      adapter,
      auth: { policies: [accountStatus(), session()] },
    });
    const { person, pair } = await newcomer();
    const phone = await signIn(person);
    const admin = await newcomer({ roles: ['admin'] });
    const others = { pair, body: { keepCurrent: true } };
    expect(await ask('POST', 'auth/logout-all', others)).toMatchObject({ status: 204 });
    expect(await ask('GET', 'auth/sessions', { pair: phone })).toMatchObject({ status: 401 });
    expect(await ask('GET', 'auth/sessions', { pair })).toMatchObject({ status: 200 });
    expect(await ask('POST', 'auth/logout-all', { pair })).toMatchObject({ status: 204 });
    expect(await ask('GET', 'auth/sessions', { pair })).toMatchObject({ status: 401 });

    const again = await signIn(person);
    const logout = await ask('POST', `admin/users/${person.id}/logout`, admin);
    expect(logout).toMatchObject({ status: 204 });
    expect(await ask('GET', 'auth/sessions', { pair: again })).toMatchObject({ status: 401 });
    const nobody = await ask('POST', 'admin/users/99999/logout', admin);
    expect(nobody).toMatchObject({ status: 404 });
  });

  it('belong to their realm', async () => {
    const staff = authOptions({ auth: { sessions: {} } });
    const { newcomer, app: nest } = await start({
      adapter,
      imports: [AuthModule.forRoot({ ...staff, realm: 'staff', routes: { path: 'staff' } })],
    });
    const { person, pair } = await newcomer();
    const auth = nest.get<AuthService>(authToken(AuthService, 'staff'));
    const { accessToken, refreshToken, sessionId } = await auth.signIn(person);
    const list = (path: string, token: string) =>
      ask('GET', `${path}/sessions`, { pair: { accessToken: token } });
    expect(await list('staff', accessToken)).toMatchObject({ body: [{ id: sessionId }] });
    expect(await list('staff', pair.accessToken)).toMatchObject({ status: 401 });
    expect(await list('auth', accessToken)).toMatchObject({ status: 401 });
    const body = { refreshToken };
    expect(await ask('POST', 'auth/refresh', { body })).toMatchObject({ status: 401 });
    expect(await ask('POST', 'staff/refresh', { body })).toMatchObject({ status: 200 });
  });

  it('none without the option, and none for admins without a role', async () => {
    app = await startSessionApp({ adapter });
    expect(await ask('POST', 'auth/refresh')).toMatchObject({ status: 404 });
    await app.close();
    const { newcomer } = await start({ adapter, extras: { routes: {} } });
    expect(await ask('POST', 'auth/refresh')).toMatchObject({ status: 400 });
    const admin = await newcomer({ roles: ['admin'] });
    const path = `admin/users/${admin.person.id}/sessions`;
    expect(await ask('GET', path, admin)).toMatchObject({ status: 404 });
  });
});

describe('options that are refused', () => {
  it.each<[string, string, unknown]>([
    ['no admin role', 'routes.admin.roles', { admin: {} }],
    ['an empty list of them', 'routes.admin.roles', { admin: { roles: [] } }],
    ['one role as text', 'routes.admin.roles', { admin: { roles: 'admin' } }],
    ['a pattern for a path', 'routes.path', { path: ':tenant/auth' }],
    ['no path', 'routes.path', { path: '/' }],
    ['a misspelt option', 'routes.pfad', { pfad: 'auth' }],
    ['no options', 'routes', true],
  ])('%s: %s', async (_, name, given) => {
    const extras: AuthModuleExtras = Object({ routes: given });
    await expect(startAuthApp({ auth: { sessions: {} }, extras })).rejects.toMatchObject({
      name: 'AuthConfigurationError',
      problems: [expect.stringMatching(new RegExp(`^${name.replaceAll('.', '\\.')}: `))],
    });
  });

  it('all of them are in one error', () => {
    expect(() => sessionRoutes({ path: '/', admin: { role: 'admin', roles: [] } })).toThrow(
      expect.objectContaining({
        problems: [
          expect.stringMatching(/^routes\.path: /),
          expect.stringMatching(/^routes\.admin\.role: there is no such option/),
          expect.stringMatching(/^routes\.admin\.roles: /),
        ],
      }),
    );
  });

  it('routes without sessions', async () => {
    await expect(startAuthApp({ extras: { routes: {} } })).rejects.toThrow(/Add sessions: \{\}/);
  });
});
