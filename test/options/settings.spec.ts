/** Policies, roles, renewal and the rest; and that one error tells everything, and nothing secret. */
import { generateKeyPairSync } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AuthConfigurationError,
  type AuthModuleOptions,
  boundTo,
  denylist,
  latestSignIn,
  type Policy,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { settingsOf } from '../../lib/options/settings.js';
import { startAuthApp } from '../support/auth-app.js';
import { createTestDatabase } from '../support/databases.js';
import { knowing, type Loose, problemsOf, withJwt, withOptions } from '../support/problems-of.js';

const own = (changes: Partial<Policy>): Policy => ({
  name: 'own',
  judge: () => undefined,
  ...changes,
});
const renewal = (changes: Loose, jwt: Loose = {}) =>
  Object.assign({}, withJwt(jwt), { renewal: changes });

describe('options', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await knowing();
  });
  afterAll(() => dataSource.destroy());

  it.each([
    ['an empty issuer', withJwt({ issuer: '' }), /jwt\.issuer: give text/],
    ['a blank issuer', withJwt({ issuer: '  ' }), /jwt\.issuer: give text/],
    ['no issuer', withJwt({ issuer: undefined }), /jwt\.issuer: give text/],
    ['a list of issuers', withJwt({ issuer: ['a', 'b'] }), /jwt\.issuer: give text/],
    ['an empty audience', withJwt({ audience: '' }), /jwt\.audience: give text/],
    ['an empty client id', withJwt({ clientId: '' }), /jwt\.clientId: give 1 to 200 ASCII/],
    ['a number for a client id', withJwt({ clientId: 7 }), /jwt\.clientId: give 1 to 200 ASCII/],
    [
      'a client id beyond ASCII',
      withJwt({ clientId: 'büro' }),
      /jwt\.clientId: give 1 to 200 ASCII/,
    ],
    [
      'an audience beyond ASCII, for want of a client id',
      withJwt({ audience: 'büro' }),
      /jwt\.clientId: give/,
    ],
    ['a pattern for an audience', withJwt({ audience: /.*/ }), /jwt\.audience: give text/],
    [
      'ignoreExpiration',
      withJwt({ ignoreExpiration: true }),
      /jwt\.ignoreExpiration: .*cannot be revoked/,
    ],
    [
      'ignoreExpiration, though false',
      withJwt({ ignoreExpiration: false }),
      /jwt\.ignoreExpiration: /,
    ],
    [
      'ignoreExpiration outside',
      withOptions({ ignoreExpiration: true }),
      /options\.ignoreExpiration: /,
    ],
    ['no algorithms', withJwt({ algorithms: [] }), /jwt\.algorithms: there is no such option/],
    [
      'what @nestjs/jwt takes',
      withJwt({ signOptions: { expiresIn: '7d' } }),
      /jwt\.signOptions: there is no such option/,
    ],
    [
      'a name in place of a realm',
      withOptions({ name: 'admin' }),
      /^options\.name: there is no such option\. Write realm\.$/,
    ],
    ['a misspelt group', withOptions({ renewel: {} }), /options\.renewel: there is no such option/],
    [
      'a misspelt lifetime',
      withJwt({ accessTokenTTL: '5m' }),
      /jwt\.accessTokenTTL: there is no such option/,
    ],
    [
      'a misspelt limit',
      withOptions({ strict: { timeOut: 1 } }),
      /strict\.timeOut: there is no such option/,
    ],
    ['a misspelt share', renewal({ afer: 0.5 }), /renewal\.afer: there is no such option/],
    [
      'a misspelt hierarchy',
      withOptions({ roles: { hierachy: {} } }),
      /roles\.hierachy: there is no such option/,
    ],
    ['no jwt', withOptions({ jwt: undefined }), /jwt: it is not an object of options/],
    ['no user', withOptions({ user: null }), /user: it is not an object of options/],
    ['renewal: true', withOptions({ renewal: true }), /renewal: it is not an object/],
    ['renewal: false', withOptions({ renewal: false }), /renewal: it is not an object/],
    ['renewal: null', withOptions({ renewal: null }), /renewal: it is not an object/],
    ['strict as text', withOptions({ strict: '2s' }), /strict: it is not an object/],
    ['roles as a list', withOptions({ roles: ['admin'] }), /roles: it is not an object/],

    ['no place for a token', withJwt({ from: {} }), /jwt\.from: give/],
    ['a header that is off', withJwt({ from: { header: false } }), /jwt\.from: give/],
    ['a header without a name', withJwt({ from: { header: '' } }), /jwt\.from: give/],
    ['a header that breaks out', withJwt({ from: { header: 'x: y' } }), /jwt\.from: give/],
    ['the header of cookies', withJwt({ from: { header: 'Cookie' } }), /jwt\.from: give/],
    ['a header of HTTP itself', withJwt({ from: { header: 'host' } }), /jwt\.from: give/],
    ['a list of headers', withJwt({ from: { header: ['x-a'] } }), /jwt\.from: give/],
    ['a cookie without a name', withJwt({ from: { cookie: '' } }), /jwt\.from: give/],
    [
      'a cookie that breaks out',
      withJwt({ from: { cookie: 'a; Domain=evil' } }),
      /jwt\.from: give/,
    ],
    [
      'a query parameter that needs an escape',
      withJwt({ from: { query: 'a&b' } }),
      /jwt\.from: give/,
    ],
    ['a query parameter without a name', withJwt({ from: { query: '' } }), /jwt\.from: give/],
    [
      'a good place beside a bad one',
      withJwt({ from: { header: true, cookie: 1 } }),
      /jwt\.from: give/,
    ],
    ['a body', withJwt({ from: { body: 'token' } }), /jwt\.from\.body: there is no such option/],
    ['from as text', withJwt({ from: 'cookie' }), /jwt\.from: it is not an object/],
    ['from as null', withJwt({ from: null }), /jwt\.from: it is not an object/],
    [
      'a key derived from nothing',
      withJwt({ deriveKeyFrom: [] }),
      /jwt\.deriveKeyFrom: give at least one/,
    ],
    [
      'a key derived from text',
      withJwt({ deriveKeyFrom: 'passwordHash' }),
      /jwt\.deriveKeyFrom: give at least one/,
    ],
    [
      'a cache that is on',
      withJwt({ verifiedTokenCache: true }),
      /jwt\.verifiedTokenCache: it is not an object of options/,
    ],
    [
      'a cache that holds nothing',
      withJwt({ verifiedTokenCache: { maxEntries: 0 } }),
      /jwt\.verifiedTokenCache\.maxEntries: give a whole number from 1 to 1000000/,
    ],
    [
      'a cache without bound',
      withJwt({ verifiedTokenCache: { maxBytes: Infinity } }),
      /jwt\.verifiedTokenCache\.maxBytes: give a whole number from 65536 to/,
    ],
    [
      'a cache with a life of its own',
      withJwt({ verifiedTokenCache: { ttl: 60 } }),
      /jwt\.verifiedTokenCache\.ttl: there is no such option/,
    ],
    [
      'a derived key without a secret',
      withJwt({
        secret: undefined,
        privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
        deriveKeyFrom: ['passwordHash'],
      }),
      /jwt\.deriveKeyFrom: only a secret yields/,
    ],

    ['a share of 0', renewal({ after: 0 }), /renewal\.after: give the share/],
    ['a share of 1', renewal({ after: 1 }), /renewal\.after: give the share/],
    ['a share below 0', renewal({ after: -0.5 }), /renewal\.after: give the share/],
    ['a share that is NaN', renewal({ after: NaN }), /renewal\.after: give the share/],
    ['a share as text', renewal({ after: '50%' }), /renewal\.after: give the share/],
    ['a share that is null', renewal({ after: null }), /renewal\.after: give the share/],
    [
      'an end before the first token ends',
      renewal({ maxAge: '10m' }, { accessTokenTtl: '15m' }),
      /renewal\.maxAge: it is shorter than jwt\.accessTokenTtl/,
    ],
    [
      'a header that breaks out',
      renewal({ header: 'X\r\nSet-Cookie: a=b' }),
      /renewal\.header: give the name/,
    ],
    ['an empty header', renewal({ header: '' }), /renewal\.header: give the name/],

    ['no policies', withOptions({ policies: [] }), /policies: .*Give a list with at least one/],
    ['policies that are no list', withOptions({ policies: denylist() }), /policies: .*Give a list/],
    ['null for policies', withOptions({ policies: null }), /policies: .*Give a list/],
    [
      'a factory that was not called',
      withOptions({ policies: [tokenVersion] }),
      /policies: a function that makes a policy was not called/,
    ],
    [
      'nothing for a policy',
      withOptions({ policies: [undefined] }),
      /policies: an entry is not a policy/,
    ],
    [
      'a name for a policy',
      withOptions({ policies: ['denylist'] }),
      /policies: an entry is not a policy/,
    ],
    [
      'a policy without judge()',
      withOptions({ policies: [{ name: 'x' }] }),
      /policies: an entry is not a policy/,
    ],
    [
      'a policy without a name',
      withOptions({ policies: [{ name: '', judge: () => undefined }] }),
      /policies: an entry is not a policy/,
    ],
    [
      'one policy twice',
      withOptions({ policies: [denylist(), session(), denylist()] }),
      /policies: "denylist" is listed twice\. Remove one/,
    ],
    [
      'one binding twice',
      withOptions({ policies: [boundTo('email'), boundTo('passwordHash')] }),
      /"boundTo" is listed twice/,
    ],
    [
      'a policy that nothing feeds',
      withOptions({ policies: [latestSignIn()] }),
      /policies: .*latestSignIn/,
    ],
    [
      'a binding to nothing',
      withOptions({ policies: [boundTo()] }),
      /policies: boundTo\(\) needs the names/,
    ],
    [
      'a binding to what is not there',
      withOptions({ policies: [boundTo('password')] }),
      /policies: "boundTo" needs a column "password"/,
    ],
    [
      'a stamp that is the library’s',
      withOptions({ policies: [own({ stamps: { sub: 'string' }, stamp: () => ({}) })] }),
      /sets the reserved claim "sub"/,
    ],
    [
      'a stamp named after roles',
      withOptions({ policies: [own({ stamps: { roles: 'string' }, stamp: () => ({}) })] }),
      /sets the reserved claim "roles"/,
    ],
    // Every claim that a policy does not set: what a token says of its key, its account or its issuer.
    ...[
      'iss aud exp nbf iat jti sid iat_ms auth_time client_id kid permissions uid realm pol adopted provisional __proto__',
    ]
      .flatMap((names) => names.split(' '))
      .map((name): [string, ReturnType<typeof withOptions>, RegExp] => [
        `a stamp named ${name}`,
        withOptions({
          policies: [own({ stamps: Object.fromEntries([[name, 'string']]), stamp: () => ({}) })],
        }),
        new RegExp(`sets the reserved claim "${name}"`),
      ]),
    [
      'a stamp of another policy',
      withOptions({
        policies: [tokenVersion(), own({ stamps: { ver: 'integer' }, stamp: () => ({}) })],
      }),
      /"own" and another policy both set the claim "ver"/,
    ],
    [
      'a stamp of createdAt',
      withOptions({ policies: [own({ stamps: { born: 'string' }, stamp: () => ({}) })] }),
      /and another policy both set the claim "born"/,
    ],
    [
      'a stamp that is not announced',
      withOptions({ policies: [own({ stamp: () => ({ x: 1 }) })] }),
      /no `stamps`\. Add `stamps`/,
    ],
    ...[['x'], { x: 'integer', y: 'date' }, { x: undefined }, { x: 'toString' }, 'x', null].map(
      (stamps): [string, AuthModuleOptions, RegExp] => [
        `stamps without a type: ${JSON.stringify(stamps)}`,
        withOptions({ policies: [Object.assign(own({ stamp: () => ({ x: 1 }) }), { stamps })] }),
        /policies: "own" has stamps without a type\. Write stamps: \{ name/,
      ],
    ),

    [
      'a role that includes itself',
      withOptions({ roles: { hierarchy: { admin: ['admin'] } } }),
      /roles\.hierarchy: the role "admin" includes itself/,
    ],
    [
      'a circle of roles',
      withOptions({ roles: { hierarchy: { a: ['b'], b: ['c'], c: ['a'] } } }),
      /roles\.hierarchy: the role "a" includes itself/,
    ],
    [
      'roles that are no lists',
      withOptions({ roles: { hierarchy: { admin: 'editor' } } }),
      /roles\.hierarchy: "admin" must be/,
    ],
    [
      'permissions that are no lists',
      withOptions({ roles: { permissions: { admin: 'all' } } }),
      /roles\.permissions: "admin" must be/,
    ],
  ])('refused: %s', (_, options, message) => {
    expect(problemsOf(options, dataSource)).toContainEqual(expect.stringMatching(message));
  });

  it.each([[undefined], [null], ['secret'], [[]], [42]])(
    'that are %j are refused as a whole',
    (options) => {
      const given: Loose = { options };
      expect(() => Reflect.apply(settingsOf, undefined, [given['options'], dataSource])).toThrow(
        /options: it is not an object of options/,
      );
    },
  );

  /** As wrong as options can be, with something in them that nobody may read. */
  const canary = 'Zq7-canary-Zq7';
  const wrong = Object.assign({}, withOptions({}), {
    ignoreExpiration: true,
    jwt: {
      secret: canary,
      issuer: '',
      audience: ' ',
      accessTokenTtl: -1,
      clockTolerance: 'soon',
      algorithms: [],
      from: {},
    },
    user: { ...withOptions({}).user, status: 'state', tokenVersion: 'email', activeStatuses: [] },
    policies: [denylist(), denylist(), boundTo('secretColumn')],
    roles: { hierarchy: { a: ['a'] } },
    renewal: { after: 2, maxAge: 'x' },
    strict: { timeout: Infinity },
  });

  it('one error lists every problem, with what to do', () => {
    const problems = problemsOf(wrong, dataSource);
    const options = new Set(problems.map((problem) => problem.split(':')[0]));
    expect([...options].toSorted()).toEqual(
      [
        'options.ignoreExpiration',
        'jwt.algorithms',
        'jwt.issuer',
        'jwt.audience',
        'jwt.secret',
        'jwt.accessTokenTtl',
        'jwt.clockTolerance',
        'jwt.from',
        'renewal.after',
        'renewal.maxAge',
        'user.status',
        'user.tokenVersion',
        'user.activeStatuses',
        'roles.hierarchy',
        'strict.timeout',
        'policies',
      ].toSorted(),
    );
    const error = new AuthConfigurationError(problems);
    for (const problem of problems) expect(error.message).toContain(problem);
    expect(error.code).toBe('auth_misconfigured');
  });

  it('no problem contains a secret', () => {
    const keyText = generateKeyPairSync('rsa', { modulusLength: 1024 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
    for (const options of [
      wrong,
      withJwt({ secret: canary }),
      withJwt({ secret: canary.repeat(4) }),
      withJwt({ secret: Buffer.from(canary) }),
      withJwt({ secret: `${canary}-your-256-bit-secret-${canary}` }),
      withJwt({ secret: `-----BEGIN ${canary}` }),
      withJwt({ secret: canary.repeat(3), algorithm: 'RS256' }),
      withJwt({ secret: undefined, privateKey: canary }),
      withJwt({ secret: undefined, privateKey: keyText }),
      withJwt({ secret: undefined, privateKey: keyText, publicKey: canary }),
      withJwt({ secret: canary, privateKey: keyText }),
    ]) {
      const said = problemsOf(options, dataSource).join('\n');
      expect(said).not.toBe('');
      expect(said).not.toContain(canary);
      for (const line of keyText.split('\n').filter((text) => /^[\w+/]{20,}/.test(text))) {
        expect(said).not.toContain(line);
      }
    }
  });

  it('an application with such options does not start', async () => {
    const database = await createTestDatabase('sqlite');
    const start = startAuthApp({
      database,
      jwt: { secret: canary, issuer: '' },
      user: { status: 'nowhere' },
      auth: { strict: { timeout: -1 } },
    });
    await expect(start).rejects.toBeInstanceOf(AuthConfigurationError);
    const error: unknown = await start.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      problems: [
        expect.stringMatching(/^jwt\.issuer: /),
        expect.stringMatching(/^jwt\.secret: /),
        expect.stringMatching(/^user\.status: /),
        expect.stringMatching(/^strict\.timeout: /),
      ],
    });
    expect(String(error)).not.toContain(canary);
    await database.drop();
  });
});
