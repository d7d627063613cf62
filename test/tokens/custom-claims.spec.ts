/** Claims of an application's own: declared with types, given at sign-in, carried on, and never in another's place. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AuthService,
  type AuthModuleOptions,
  CustomClaims,
  ForeignClaimsError,
  SessionService,
} from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { claimsOf, forge } from '../support/tokens.js';

const SHOP = 'https://shop.example/';
const shopClaims = new CustomClaims(SHOP, {
  tenant: 'string',
  seats: 'number',
  beta: 'boolean',
  groups: 'string[]',
  sub: 'string',
});
const ALL = { tenant: 'north', seats: 3, beta: false, groups: ['a', 'b'] };

describe.each(['without sessions', 'with sessions'] as const)('%s', (which) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({
      jwt: { claims: shopClaims },
      auth: { renewal: {}, ...(which === 'with sessions' ? { sessions: {} } : {}) },
    });
  });
  afterAll(() => app.close());
  const principalOf = (token: string) => app.app.get(AuthService).authenticate(token);

  it('the token has them by their full names, and they are read with their types', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson(), { claims: ALL });
    expect(claimsOf(accessToken)).toMatchObject({
      [`${SHOP}tenant`]: 'north',
      [`${SHOP}seats`]: 3,
      [`${SHOP}beta`]: false,
      [`${SHOP}groups`]: ['a', 'b'],
    });
    const own = shopClaims.of(await principalOf(accessToken));
    expect(own).toEqual(ALL);
    // The compiler knows them.
    const tenant: string | undefined = own.tenant;
    const groups: readonly string[] | undefined = own.groups;
    expect([tenant, groups]).toEqual(['north', ['a', 'b']]);
    // @ts-expect-error there is no such claim
    expect(own.plan).toBeUndefined();
  });

  it('none is required', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    expect(shopClaims.of(await principalOf(accessToken))).toEqual({});
  });

  it('a renewed token has them too, and a refreshed one', async () => {
    const pair = await app.auth.signIn(await app.addPerson(), { claims: ALL });
    const renewed = await app.auth.renew(await principalOf(pair.accessToken));
    expect(shopClaims.of(await principalOf(renewed?.accessToken ?? ''))).toEqual(ALL);
    if (which === 'without sessions') return;
    const sessions = app.app.get(SessionService);
    let refreshToken = pair.refreshToken ?? '';
    for (const time of ['once', 'again']) {
      const next = await sessions.refresh(refreshToken);
      expect(shopClaims.of(await principalOf(next.accessToken)), time).toEqual(ALL);
      ({ refreshToken } = next);
    }
    const kept = await sessions.reissue(await principalOf(pair.accessToken));
    expect(shopClaims.of(await principalOf(kept.accessToken))).toEqual(ALL);
    expect(
      shopClaims.of(await principalOf((await sessions.refresh(kept.refreshToken)).accessToken)),
    ).toEqual(ALL);
  });

  it('nobody can change them for the next request of a token', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson(), { claims: ALL });
    const groups: unknown = (await principalOf(accessToken)).claims[`${SHOP}groups`];
    expect(() => Array.isArray(groups) && groups.push('admins')).toThrow(TypeError);
    expect(shopClaims.of(await principalOf(accessToken))).toEqual(ALL);
  });

  it('are not read by a declaration of other types', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson(), { claims: ALL });
    const principal = await principalOf(accessToken);
    const others = new CustomClaims(SHOP, { tenant: 'number' });
    const read = () => others.of(principal);
    expect(read).toThrow(/to another realm/);
    expect(read).toThrow(ForeignClaimsError);
  });

  it('no name replaces another: a claim "sub" is not the subject', async () => {
    const person = await app.addPerson();
    const { accessToken } = await app.auth.signIn(person, { claims: { sub: '1', tenant: 'x' } });
    const principal = await principalOf(accessToken);
    expect(principal.subject).toBe(String(person.id));
    expect(shopClaims.of(principal)).toEqual({ sub: '1', tenant: 'x' });
  });

  it.each<[string, unknown]>([
    ['a name that was not declared', { tenants: 'north' }],
    ['a registered name', { exp: 9_999_999_999 }],
    ['a full name', { [`${SHOP}tenant`]: 'north' }],
    ['__proto__', JSON.parse('{"__proto__":{"tenant":"north"}}')],
    ['constructor', { constructor: { prototype: {} } }],
    ['another type', { seats: '3' }],
    ['a number that is none', { seats: NaN }],
    ['a number without end', { seats: Infinity }],
    ['null', { tenant: null }],
    ['a list of something else', { groups: ['a', 1] }],
    ['an object', { tenant: { name: 'north' } }],
    ['too much', { tenant: 'x'.repeat(1_100) }],
    ['too much, in bytes', { tenant: 'é'.repeat(600) }],
  ])('%s is refused at the sign-in', async (_, claims) => {
    const context: Parameters<AuthService['signIn']>[1] = {};
    // As a program without a compiler may give them.
    Object.assign(context, { claims });
    await expect(app.auth.signIn(await app.addPerson(), context)).rejects.toMatchObject({
      name: 'InvalidClaimsError',
      code: 'invalid_claims',
    });
  });

  it('inherited properties do not count', async () => {
    const claims: typeof ALL = Object.create(ALL);
    const { accessToken } = await app.auth.signIn(await app.addPerson(), { claims });
    expect(shopClaims.of(await principalOf(accessToken))).toEqual({});
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['another type', { [`${SHOP}tenant`]: 1 }, 401],
    ['null', { [`${SHOP}beta`]: null }, 401],
    ['a list with a hole', { [`${SHOP}groups`]: ['a', null] }, 401],
    ['a text for a list', { [`${SHOP}groups`]: 'a' }, 401],
    ['none at all', { [`${SHOP}tenant`]: undefined }, 200],
    ['one that nobody declared', { [`${SHOP}plan`]: 'gold', 'https://evil.example/x': 1 }, 200],
  ])('a genuine token with %s', async (_, claims, status) => {
    const { accessToken } = await app.auth.signIn(await app.addPerson(), { claims: ALL });
    const forged = forge(accessToken, app.options, { claims });
    expect((await app.whoami(forged)).status).toBe(status);
    if (status === 401) return;
    const principal = await principalOf(forged);
    expect(Object.keys(principal.claims).filter((name) => /plan|evil/.test(name))).toEqual([]);
  });
});

/** Options as a program without a compiler may give them. */
function loosely(given: object): Partial<AuthModuleOptions['jwt']> {
  return Object.assign(JSON.parse('{}'), given);
}

const booting = async (jwt: Partial<AuthModuleOptions['jwt']>) => {
  const app = await startAuthApp({ jwt });
  await app.close();
};
const of = (namespace: string, types: object): Partial<AuthModuleOptions['jwt']> => {
  const claims = new CustomClaims(namespace, {});
  Object.assign(claims, { types });
  return { claims };
};

describe('options', () => {
  it.each<[string, Partial<AuthModuleOptions['jwt']>, RegExp]>([
    ['no namespace', of('', { a: 'string' }), /namespace is not a URI/],
    ['a word for a namespace', of('shop', { a: 'string' }), /namespace is not a URI/],
    ['a namespace that does not end', of('https://shop.example', { a: 'string' }), /URI that ends/],
    ['a long namespace', of(`https://${'x'.repeat(200)}/`, { a: 'string' }), /not a URI/],
    ['no claims', of(SHOP, {}), /declares no claim/],
    ['__proto__', of(SHOP, JSON.parse('{"__proto__":"string"}')), /Rename it/],
    ['constructor', of(SHOP, { constructor: 'string' }), /Rename it/],
    ['a name with a space', of(SHOP, { 'a b': 'string' }), /Rename it/],
    ['no type', of(SHOP, { a: 'text' }), /"a" has no type/],
    ['a type of every object', of(SHOP, { a: 'toString' }), /"a" has no type/],
    ['something else', loosely({ claims: { tenant: 'string' } }), /new CustomClaims/],
  ])('%s: the application does not start', async (_, jwt, message) => {
    await expect(booting(jwt)).rejects.toThrow(message);
  });

  it.each(['https://shop.example/', 'urn:example:shop:', 'https://shop.example/claims#'])(
    'a namespace: %s',
    async (namespace) => {
      await expect(booting(of(namespace, { a: 'string' }))).resolves.toBeUndefined();
    },
  );

  it('undeclared claims at a sign-in are refused, not dropped', async () => {
    const app = await startAuthApp();
    try {
      await expect(
        app.auth.signIn(await app.addPerson(), { claims: { tenant: 'north' } }),
      ).rejects.toMatchObject({ code: 'invalid_claims' });
    } finally {
      await app.close();
    }
  });
});

describe('the longest life', () => {
  it('is the one that is configured, with any signing key', async () => {
    const app = await startAuthApp({ jwt: { accessTokenTtl: '5m', maxTokenTtl: '10m' } });
    try {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const iat = Number(claimsOf(accessToken)['iat']);
      const living = (seconds: number) =>
        app.whoami(forge(accessToken, app.options, { claims: { exp: iat + seconds } }));
      expect((await living(600)).status).toBe(200);
      expect(await living(601)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    } finally {
      await app.close();
    }
  });

  it('is not below the life of a token', async () => {
    const jwt = { accessTokenTtl: '10m', maxTokenTtl: '5m' } as const;
    await expect(startAuthApp({ jwt })).rejects.toThrow(/jwt\.maxTokenTtl: it is shorter/);
  });
});
