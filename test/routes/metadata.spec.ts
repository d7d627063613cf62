/** Metadata of the authorization server (RFC 8414) and of the protected resource (RFC 9728), on both adapters. */
import { randomBytes } from 'node:crypto';
import { VersioningType } from '@nestjs/common';
import { AuthConfigurationError, AuthModule, type MetadataOptions } from 'nestjs-revocable-jwt';
import { describe, expect, it } from 'vitest';
import {
  type AuthApp,
  type AuthAppOptions,
  authOptions,
  startAuthApp,
} from '../support/auth-app.js';
import { ADAPTERS } from '../support/http.js';
import { Person } from '../support/person.entity.js';

const SERVER = '.well-known/oauth-authorization-server';
const RESOURCE = '.well-known/oauth-protected-resource';
const CLIENT = { id: 'billing', secret: randomBytes(32).toString('base64url') };
const WAYS = ['client_secret_basic', 'client_secret_post'];
const EVERYTHING: AuthAppOptions = {
  auth: { sessions: {}, oauth: { clients: [CLIENT] } },
  extras: { metadata: true, jwks: true, routes: {}, globalGuard: true },
};

async function running(given: AuthAppOptions, check: (app: AuthApp) => Promise<void>) {
  const app = await startAuthApp(given);
  try {
    await check(app);
  } finally {
    await app.close();
  }
}

const challenges = async (app: AuthApp) => {
  const { accessToken } = await app.auth.signIn(await app.addPerson());
  const answers = await Promise.all([
    app.get('whoami'),
    app.get('whoami', 'a.b.c'),
    app.get('passport', 'a.b.c'),
    app.get('admin', accessToken),
  ]);
  return answers.map(({ headers }) => headers.get('www-authenticate'));
};

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('names the endpoints that exist, for everybody', () =>
    running({ ...EVERYTHING, adapter }, async (app) => {
      const server = await app.get(SERVER);
      expect(server.status).toBe(200);
      expect(server.headers.get('content-type')).toMatch(/^application\/json/);
      expect(server.body).toEqual({
        issuer: 'https://api.example.com',
        jwks_uri: 'https://api.example.com/.well-known/jwks.json',
        token_endpoint: 'https://api.example.com/auth/token',
        token_endpoint_auth_methods_supported: ['none'],
        response_types_supported: [],
        grant_types_supported: ['refresh_token'],
        introspection_endpoint: 'https://api.example.com/oauth/introspect',
        introspection_endpoint_auth_methods_supported: WAYS,
        revocation_endpoint: 'https://api.example.com/oauth/revoke',
        revocation_endpoint_auth_methods_supported: WAYS,
        protected_resources: ['https://api.example.com'],
      });
      const resource = await app.get(RESOURCE);
      expect(resource.body).toEqual({
        resource: 'https://api.example.com',
        authorization_servers: ['https://api.example.com'],
        bearer_methods_supported: ['header'],
      });
      for (const { headers } of [server, resource]) {
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(headers.get('cache-control')).toBe('public, max-age=300');
      }
      const known = { 'if-none-match': server.headers.get('etag') ?? '' };
      expect((await app.get(SERVER, undefined, known)).status).toBe(304);
    }));

  it('names no endpoint that does not exist', () =>
    running({ adapter, extras: { metadata: true } }, async (app) => {
      expect((await app.get(SERVER)).body).toEqual({
        issuer: 'https://api.example.com',
        response_types_supported: [],
        grant_types_supported: [],
        protected_resources: ['https://api.example.com'],
      });
    }));

  it.each<[string, AuthAppOptions['jwt'], AuthAppOptions['auth'], readonly string[]]>([
    [
      'in cookies alone',
      { from: { cookie: '__Host-access' } },
      { cookies: { refresh: '__Secure-refresh' } },
      [],
    ],
    ['in the query', { from: { header: true, query: 'access_token' } }, {}, ['header', 'query']],
    ['in a parameter of its own', { from: { header: true, query: 'jwt' } }, {}, ['header']],
    ['in a header of its own', { from: { header: 'X-Token' } }, {}, []],
  ])('with tokens %s', (_, jwt, auth, methods) =>
    running({ ...EVERYTHING, adapter, jwt, auth: { ...EVERYTHING.auth, ...auth } }, async (app) => {
      expect((await app.get(RESOURCE)).body.bearer_methods_supported).toEqual(methods);
      const { body } = await app.get(SERVER);
      const refreshes = jwt?.from?.header !== undefined;
      expect(body.grant_types_supported).toEqual(refreshes ? ['refresh_token'] : []);
      expect('token_endpoint' in body).toBe(refreshes);
    }),
  );

  it('stays at the root below a global prefix and under versions, and names the paths of the others', () =>
    running(
      {
        ...EVERYTHING,
        adapter,
        prepare: (nest) => {
          nest.setGlobalPrefix('api', { exclude: ['oauth/introspect'] });
          nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        },
      },
      async (app) => {
        expect((await app.get(SERVER)).body).toMatchObject({
          jwks_uri: 'https://api.example.com/api/.well-known/jwks.json',
          token_endpoint: 'https://api.example.com/api/auth/token',
          introspection_endpoint: 'https://api.example.com/oauth/introspect',
          revocation_endpoint: 'https://api.example.com/api/oauth/revoke',
        });
        expect((await app.get(RESOURCE)).status).toBe(200);
        for (const path of [SERVER, RESOURCE]) {
          expect((await app.get(`api/${path}`)).status).toBe(404);
        }
        // Nothing else left the prefix.
        expect((await app.get('.well-known/jwks.json')).status).toBe(404);
        expect((await app.get('api/.well-known/jwks.json')).status).toBe(200);
      },
    ));

  it.each<[string, { issuer: string; audience: string }, MetadataOptions | true, object]>([
    [
      'a path, which comes last (RFC 8414 §3.1)',
      { issuer: 'https://example.com/tenant1', audience: 'shop' },
      true,
      { server: `${SERVER}/tenant1`, resource: `${RESOURCE}/tenant1`, base: 'https://example.com' },
    ],
    [
      'a slash at its end',
      { issuer: 'https://example.com/a/b/', audience: 'shop' },
      { resource: 'https://example.com/' },
      { server: `${SERVER}/a/b`, resource: RESOURCE, base: 'https://example.com' },
    ],
    [
      'a slash alone, and an audience that is a URL',
      { issuer: 'https://example.com/', audience: 'https://api.example.com/v1.0' },
      { baseUrl: 'https://example.com/app/' },
      { server: SERVER, resource: `${RESOURCE}/v1.0`, base: 'https://example.com/app' },
    ],
  ])('an issuer with %s', async (_, jwt, metadata, expected) => {
    const { server, resource, base }: Record<string, string> = { ...expected };
    for (const asynchronous of [false, true]) {
      const { resource: stated, ...rest } = metadata === true ? {} : metadata;
      const beside = {
        ...rest,
        issuer: jwt.issuer,
        resource: stated ?? (jwt.audience.startsWith('https:') ? jwt.audience : jwt.issuer),
      };
      const extras = { jwks: true, metadata: asynchronous ? beside : metadata };
      await running({ adapter, asynchronous, jwt, extras }, async (app) => {
        expect((await app.get(String(server))).body).toMatchObject({
          issuer: jwt.issuer,
          jwks_uri: `${base}/.well-known/jwks.json`,
          protected_resources: [beside.resource],
        });
        expect((await app.get(String(resource))).body).toMatchObject({
          resource: beside.resource,
          authorization_servers: [jwt.issuer],
        });
        // RFC 9728 §5.1.
        const { headers } = await app.get('whoami');
        const url = `${new URL(beside.resource).origin}/${resource}`;
        expect(headers.get('www-authenticate')).toBe(`Bearer resource_metadata="${url}"`);
      });
    }
  });

  it('every challenge for a token names it, and without the option none does', async () => {
    const url = `https://api.example.com/${RESOURCE}`;
    await running({ adapter, extras: { metadata: true } }, async (app) => {
      const [none, ...others] = await challenges(app);
      expect(none).toBe(`Bearer resource_metadata="${url}"`);
      for (const challenge of others) {
        expect(challenge).toMatch(/^Bearer error="\w+", error_description="[^"]+", /);
        expect(challenge?.endsWith(`", resource_metadata="${url}"`)).toBe(true);
      }
    });
    await running({ adapter }, async (app) => {
      for (const challenge of await challenges(app)) {
        expect(challenge).not.toContain('resource_metadata');
      }
    });
  });
});

/** What is wrong with it; undefined: the application starts. */
const started = (metadata: unknown, jwt: AuthAppOptions['jwt'] = {}, asynchronous = false) => {
  const extras = {};
  Reflect.set(extras, 'metadata', metadata);
  return startAuthApp({ jwt, asynchronous, extras }).then(
    (app) => app.close(),
    (error: unknown) => {
      if (error instanceof AuthConfigurationError) return error.problems.join('\n');
      throw error;
    },
  );
};

describe('contradicting options', () => {
  it.each<[unknown, AuthAppOptions['jwt'], RegExp]>([
    ['https://example.com', {}, /^metadata: it is not an object of options/],
    [{ issuers: [] }, {}, /^metadata\.issuers: there is no such option/],
    [true, { issuer: 'shop' }, /^jwt\.issuer: metadata needs a URL/],
    [true, { issuer: 'https://example.com/?a=b' }, /^jwt\.issuer: metadata needs a URL/],
    [true, { issuer: 'https://example.com/#a' }, /^jwt\.issuer: metadata needs a URL/],
    [true, { issuer: 'https://a:b@example.com' }, /^jwt\.issuer: metadata needs a URL/],
    [true, { issuer: 'https://example.com/:id' }, /^jwt\.issuer: metadata needs a URL/],
    [true, { issuer: 'https://example.com/*' }, /^jwt\.issuer: metadata needs a URL/],
    [true, { issuer: 'ftp://example.com' }, /^jwt\.issuer: metadata needs a URL/],
    [{ issuer: 'https://other.example' }, {}, /^metadata\.issuer: it is not jwt\.issuer/],
    [{ resource: 'shop' }, {}, /^metadata\.resource: give the URL/],
    [{ resource: 'https://example.com/v1/' }, {}, /^metadata\.resource: give the URL/],
    [{ resource: 7 }, {}, /^metadata\.resource: give the URL/],
    [true, { audience: 'https://example.com/v1/' }, /^metadata\.resource: give the URL/],
    [{ baseUrl: '/app' }, {}, /^metadata\.baseUrl: give the URL/],
  ])('%j is refused: %j', async (metadata, jwt, problem) => {
    for (const asynchronous of [false, true]) {
      expect(await started(metadata, jwt, asynchronous)).toMatch(problem);
    }
  });

  it('beside a factory, a path that is not known in time is refused, with what to write', async () => {
    const issuer = 'https://example.com/tenant1';
    const problem = await started(true, { issuer }, true);
    expect(problem).toContain(
      `Write metadata: { issuer: '${issuer}', resource: '${issuer}' } beside the factory.`,
    );
    expect(await started({ issuer, resource: issuer }, { issuer }, true)).toBeUndefined();
  });

  it('two realms cannot have one identifier', async () => {
    const second = authOptions({ jwt: { issuer: 'https://other.example' } });
    const both = startAuthApp({
      extras: { metadata: true },
      imports: [
        AuthModule.forRoot({ ...second, user: { entity: Person }, realm: 'staff', metadata: true }),
      ],
    });
    await expect(both).rejects.toThrow(
      /metadata\.issuer: ".well-known\/oauth-authorization-server" is a path of the AuthModule with the realm "\w+"\. Give the identifier of the realm "\w+" another path\./,
    );
  });
});
