/** What the OpenAPI document says of the library's routes: what each answers, what it takes, who may ask. */
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { expect, it } from 'vitest';
import { AuthModule } from 'nestjs-revocable-jwt';
import { authOptions, startAuthApp } from '../support/auth-app.js';

const TOKEN = ['bearer'];
const CLIENT = ['basic', 'none'];
const NOBODY: readonly string[] = [];
const FORM = 'application/x-www-form-urlencoded';
const JSON_BODY = 'application/json';

it('knows every route', async () => {
  const clients = [{ id: 'billing', secret: 'Jw2xT8mQ0vLc5Bn7Rk4Yp1Zd6Hs9Gf3A' }];
  const app = await startAuthApp({
    auth: { sessions: {}, oauth: { clients } },
    extras: { jwks: true, metadata: true, routes: { admin: { roles: ['admin'] } } },
  });
  try {
    const { paths } = SwaggerModule.createDocument(app.app, new DocumentBuilder().build());
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      (['get', 'post', 'delete'] as const).flatMap((method) => {
        const operation = methods[method];
        // The routes of the application beside them are not described.
        if (operation?.security === undefined) return [];
        const { security, responses, requestBody } = operation;
        return [
          [
            `${method} ${path}`,
            Object.keys(responses).join(' '),
            security.map((each) => Object.keys(each)[0] ?? 'none').sort(),
            requestBody && Object.keys(Object(requestBody).content).join(' '),
          ],
        ];
      }),
    );
    expect(described.sort()).toEqual([
      ['delete /admin/sessions/{id}', '204 400 401 403 404 503', TOKEN, undefined],
      ['delete /auth/sessions/{id}', '204 401 404 503', TOKEN, undefined],
      ['get /.well-known/jwks.json', '200 304 503', NOBODY, undefined],
      ['get /.well-known/oauth-authorization-server', '200 304', NOBODY, undefined],
      ['get /.well-known/oauth-protected-resource', '200 304', NOBODY, undefined],
      ['get /admin/users/{id}/sessions', '200 401 403 404 503', TOKEN, undefined],
      ['get /auth/sessions', '200 401 503', TOKEN, undefined],
      ['post /admin/users/{id}/logout', '204 400 401 403 404 503', TOKEN, JSON_BODY],
      ['post /auth/logout', '204 400 401 503', ['bearer', 'none'], JSON_BODY],
      ['post /auth/logout-all', '204 400 401 503', TOKEN, JSON_BODY],
      ['post /auth/refresh', '200 400 401 503', NOBODY, JSON_BODY],
      ['post /auth/token', '200 400 401 503', NOBODY, FORM],
      ['post /oauth/introspect', '200 400 401 503', CLIENT, FORM],
      ['post /oauth/revoke', '200 400 401 503', CLIENT, FORM],
    ]);
    const { post } = paths['/oauth/revoke'] ?? {};
    expect(post?.responses['200']).toEqual({ description: 'Done.' });
  } finally {
    await app.close();
  }
});

it('names no operation twice, even if two realms have the same routes', async () => {
  const staff = {
    ...authOptions({ auth: { sessions: {} } }),
    realm: 'staff+night',
    jwks: 'staff/keys',
  };
  const app = await startAuthApp({
    auth: { sessions: {} },
    extras: { jwks: true, routes: {} },
    imports: [AuthModule.forRoot({ ...staff, routes: { path: 'staff/auth' } })],
  });
  try {
    const { paths } = SwaggerModule.createDocument(app.app, new DocumentBuilder().build());
    const ids = Object.values(paths).flatMap(({ get, post, delete: remove }) =>
      [get, post, remove].flatMap((operation) => operation?.operationId ?? []),
    );
    expect(ids).toContain('SessionController_refresh');
    expect(ids).toContain('staff_night_SessionController_refresh');
    expect(new Set(ids).size).toBe(ids.length);
  } finally {
    await app.close();
  }
});
