/** Tokens of the application as it was before the library came: accepted until a date, and judged as it is now. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  accountStatus,
  type AdoptOptions,
  type AuthModuleOptions,
  AuthService,
  boundTo,
  denylist,
  issuedAfter,
  KeyService,
  latestSignIn,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import { mirrored } from '../support/tokens.js';
import { Person } from '../support/person.entity.js';
import { watchedDatabase } from '../support/watched-database.js';

const HOUR = 3_600_000;
const secret = randomBytes(32);
/** As an application of @nestjs/jwt and passport-jwt signs in. */
const before = new JwtService({ secret, signOptions: { expiresIn: '30d' } });
const isAccessToken = ({ type }: Readonly<Record<string, unknown>>) => type === undefined;

const adopting = (changes: Partial<AdoptOptions> = {}): AdoptOptions => ({
  until: new Date(Date.now() + HOUR),
  issuer: false,
  audience: false,
  isAccessToken,
  ...changes,
});
const refused = (code: string) => ({ status: 401, body: { code } });

const POLICIES = [
  accountStatus(),
  tokenVersion(),
  denylist(),
  session(),
  issuedAfter(),
  latestSignIn(),
  boundTo('passwordHash'),
];

describe.each(['strict', 'tracked'] as const)('%s', (mode) => {
  let app: AuthApp;
  let drop: () => Promise<void>;
  let until: number;
  beforeAll(async () => {
    until = Date.now() + HOUR;
    const options: AuthModuleOptions = authOptions({
      jwt: { secret, adopt: adopting({ until: new Date(until), ignoring: ['boundTo'] }) },
      user: { latestSignIn: 'latestSignIn' },
      auth: { policies: POLICIES, renewal: {}, freshness: { mode } },
    });
    const database = await watchedDatabase('sqlite', options);
    drop = () => database.drop();
    const { jwt, user } = options;
    app = await startAuthApp({ database, synchronize: false, auth: options, jwt, user });
  });
  afterAll(async () => {
    await app.close();
    await drop();
  });
  afterEach(() => void vi.useRealTimers());

  const person = async () => {
    const { id } = await app.addPerson({ roles: ['user'] });
    // It was there long before the tokens.
    await people().update({ id }, { createdAt: new Date(Date.now() - HOUR) });
    return people().findOneByOrFail({ id });
  };
  const people = () => app.dataSource.getRepository(Person);

  it('a token without ver, jti and kid, of another type, with a number for a subject is good', async () => {
    const { id } = await person();
    const token = before.sign({ sub: id, email: 'alice@example.com' });
    for (const path of ['whoami', 'passport']) {
      expect(await app.get(path, token)).toMatchObject({
        status: 200,
        body: { subject: String(id), userId: String(id), roles: ['user'] },
      });
    }
  });

  it('it is judged by the account as it is now', async () => {
    const { id } = await person();
    const token = before.sign({ sub: id });
    expect((await app.whoami(token)).status).toBe(200);
    await people().update({ id }, { roles: ['admin'] });
    expect(await app.whoami(token)).toMatchObject({ body: { roles: ['admin'] } });
    await people().update({ id }, { status: 'disabled' });
    expect(await app.whoami(token)).toMatchObject(refused('account_disabled'));
    await people().delete({ id });
    expect(await app.whoami(token)).toMatchObject(refused('account_deleted'));
  });

  it.each<[string, (app: AuthApp, id: number, token: string) => Promise<unknown>, string]>([
    ['the user', ({ revocation }, id) => revocation.revokeUser(id), 'token_superseded'],
    [
      'the user until now',
      ({ revocation }, id) => revocation.revokeUser(id, { issuedBefore: new Date() }),
      'token_revoked',
    ],
    ['the token', ({ revocation }, _, token) => revocation.revokeToken(token), 'token_revoked'],
    [
      'its sign-in',
      async ({ app: nest, revocation }, _, token) => {
        const { sessionId } = await nest.get(AuthService).authenticate(token);
        await revocation.revokeSession(sessionId);
      },
      'session_ended',
    ],
  ])('it ends with %s', async (_, revoke, code) => {
    const { id } = await person();
    const token = before.sign({ sub: id });
    // Later than the revocation, however long that takes, and within the 30 s that clocks may be off.
    const later = before.sign({ sub: id, iat: Math.floor(Date.now() / 1000) + 25 });
    expect((await app.whoami(token)).status).toBe(200);
    await revoke(app, id, token);
    expect(await app.whoami(token)).toMatchObject(refused(code));
    // Another one is another one, unless it is the user who was signed out.
    const status = code === 'token_superseded' ? 401 : 200;
    expect((await app.whoami(later)).status).toBe(status);
  });

  it('a newer sign-in replaces it', async () => {
    const { id } = await person();
    const token = before.sign({ sub: id, iat: Math.floor(Date.now() / 1000) - 10 });
    expect((await app.whoami(token)).status).toBe(200);
    await app.auth.signIn(await people().findOneByOrFail({ id }));
    expect(await app.whoami(token)).toMatchObject(refused('token_superseded'));
  });

  it('an account that came after it, with the same id, is another one', async () => {
    const { id } = await person();
    const token = before.sign({ sub: id, iat: Math.floor(Date.now() / 1000) - 10 });
    expect((await app.whoami(token)).status).toBe(200);
    await people().update({ id }, { createdAt: new Date() });
    expect(await app.whoami(token)).toMatchObject(refused('account_deleted'));
  });

  it('nothing new is made of it', async () => {
    const { id } = await person();
    // Old enough to be renewed, and not so old that none would be.
    const iat = Math.floor(Date.now() / 1000) - 3_000;
    const principal = await app.app.get(AuthService).authenticate(before.sign({ sub: id, iat }));
    expect(await app.auth.renew(principal)).toBeUndefined();
  });

  it('it is refused from the date on, even if its own end is later', async () => {
    const { id } = await person();
    const token = before.sign({ sub: id });
    expect((await app.whoami(token)).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: until - 5_000 });
    expect(await app.whoami(token)).toMatchObject({ status: 200 });
    // The tolerance of clocks included.
    vi.setSystemTime(until);
    expect(await app.whoami(token)).toMatchObject(refused('token_expired'));
    expect(await app.whoami(before.sign({ sub: id }))).toMatchObject({ status: 401 });
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, object, object?]>([
    ['a refresh token of the same key', { type: 'refresh' }],
    ['without a subject', { sub: undefined }],
    ['with an object for a subject', { sub: { id: 1 } }],
    ['with half a number for a subject', { sub: 1.5 }],
    ['of an issuer', { iss: 'https://elsewhere.example' }],
    ['for an audience', { aud: 'elsewhere' }],
    ['without an end', { exp: undefined }, { expiresIn: undefined }],
    ['without a beginning', { iat: undefined }, { noTimestamp: true }],
    ['from the future', { iat: now + 3_600 }],
    ['not good yet', { nbf: now + 3_600 }],
    ['of another type', {}, { header: { alg: 'HS256', typ: 'logout+jwt' } }],
    ['with an extension', {}, { header: { alg: 'HS256', crit: ['x'] } }],
    ['that calls itself ours', {}, { header: { alg: 'HS256', typ: 'at+jwt' } }],
    ['of a key that is not there', {}, { header: { alg: 'HS256', kid: 'other' } }],
    ['with another algorithm', {}, { algorithm: 'HS512' }],
  ])('one %s is refused', async (_, claims, options = {}) => {
    const { id } = await person();
    const payload = Object.fromEntries(
      Object.entries({ sub: id, exp: now + HOUR / 1000, ...claims }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const plain = new JwtService({ secret });
    expect((await app.whoami(plain.sign({ sub: id, exp: now + HOUR / 1000 }))).status).toBe(200);
    const { expiresIn: _never, ...signing }: { expiresIn?: undefined } = options;
    expect(await app.whoami(plain.sign(payload, signing))).toMatchObject(refused('token_invalid'));
  });

  it('a forged one is refused', async () => {
    const { id } = await person();
    const forger = new JwtService({ secret: randomBytes(32), signOptions: { expiresIn: '1h' } });
    expect(await app.whoami(forger.sign({ sub: id }))).toMatchObject(refused('token_invalid'));
  });

  it('the library’s own tokens are judged by all of it, also when they say that they are adopted', async () => {
    const { id } = await person();
    const { accessToken } = await app.auth.signIn(await people().findOneByOrFail({ id }));
    await people().update({ id }, { passwordHash: '$argon2id$two' });
    await app.revocation.everywhere();
    expect(await app.whoami(accessToken)).toMatchObject(refused('credentials_changed'));
  });

  // The last one: of those from before, it ends what is issued within this second too.
  it('revokeAll ends it too, and a later sign-in is accepted', async () => {
    const { id } = await person();
    const token = before.sign({ sub: id });
    expect((await app.whoami(token)).status).toBe(200);
    await app.revocation.revokeAll();
    expect(await app.whoami(token)).toMatchObject(refused('token_revoked'));
    const { accessToken } = await app.auth.signIn(await people().findOneByOrFail({ id }));
    expect((await app.whoami(accessToken)).status).toBe(200);
  });
});

describe('with several keys', () => {
  it('the key that signed them is named, and ends them when it is withdrawn', async () => {
    const keys = [
      { kid: 'new', secret: randomBytes(32) },
      { kid: 'old', secret },
    ];
    const jwt = { secret: undefined, keys, adopt: adopting({ kid: 'old' }) };
    const app = await startAuthApp({ jwt, user: { createdAt: false } });
    try {
      const { id } = await app.addPerson();
      const token = before.sign({ sub: id });
      expect((await app.whoami(token)).status).toBe(200);
      await app.app.get(KeyService).withdraw('old');
      expect(await app.whoami(token)).toMatchObject({ body: { code: 'token_revoked' } });
    } finally {
      await app.close();
    }
  });
});

describe('the claims of one', () => {
  it('are those that the library needs, and no others', async () => {
    const app = await startAuthApp({
      jwt: { secret, adopt: adopting() },
      user: { createdAt: false },
    });
    try {
      const { id } = await app.addPerson();
      const claims = { sub: id, pol: 'x', uid: '2', permissions: ['all'], gen: 'x', email: 'a@b' };
      const principal = await app.app.get(AuthService).authenticate(before.sign(claims));
      expect(Object.keys(principal.claims).sort()).toEqual(
        'adopted auth_time exp iat iat_ms jti kid nbf roles sid sub ver'.split(' '),
      );
      expect(principal).toMatchObject({ userId: String(id), permissions: [], claims: { ver: 0 } });
    } finally {
      await app.close();
    }
  });

  it('have one token id for every spelling of the signature', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwt = { secret: undefined, privateKey, adopt: adopting() };
    const app = await startAuthApp({ jwt, user: { createdAt: false } });
    try {
      const { id } = await app.addPerson();
      const old = new JwtService({ privateKey });
      const token = old.sign({ sub: id }, { algorithm: 'ES256', expiresIn: '1h' });
      const twin = mirrored(token);
      expect(await app.whoami(twin)).toMatchObject({ status: 200 });
      await app.revocation.revokeToken(token);
      expect(await app.whoami(twin)).toMatchObject(refused('token_revoked'));
    } finally {
      await app.close();
    }
  });

  it.each<[what: string, answer: () => unknown, status: number]>([
    ['true', () => true, 200],
    ['a promise', () => Promise.resolve(true), 401],
    // One that nobody handles would fail this run.
    ['a promise that rejects', () => Promise.reject(new Error('not now')), 401],
    ['one', () => 1, 401],
    ['a text', () => 'access', 401],
    ['nothing', () => undefined, 401],
  ])('need isAccessToken to return true: %s', async (_, answer, status) => {
    // As a program without a compiler may give it.
    const given = Object.assign(adopting(), { isAccessToken: answer });
    const app = await startAuthApp({ jwt: { secret, adopt: given }, user: { createdAt: false } });
    try {
      const { id } = await app.addPerson();
      expect((await app.whoami(before.sign({ sub: id }))).status).toBe(status);
    } finally {
      await app.close();
    }
  });
});

describe('without the option, and after the date', () => {
  it.each<[string, AdoptOptions | undefined]>([
    ['none', undefined],
    [
      'a date that has passed, with which the application still starts',
      adopting({ until: '2026-01-01' }),
    ],
  ])('%s: they are refused', async (_, adopt) => {
    const app = await startAuthApp({ jwt: { secret, ...(adopt && { adopt }) } });
    try {
      const { id } = await app.addPerson();
      expect(await app.whoami(before.sign({ sub: id }))).toMatchObject({ status: 401 });
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      expect((await app.whoami(accessToken)).status).toBe(200);
    } finally {
      await app.close();
    }
  });
});
