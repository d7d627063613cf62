/** No token carries a state that was not checked. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  accountStatus,
  boundTo,
  issuedAfter,
  latestSignIn,
  type Policy,
  Refusal,
  session,
  SignInError,
  type StampType,
  type StampTypes,
  type StampValue,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { type AuthApp, type AuthAppOptions, startAuthApp } from '../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { claimsOf } from '../support/tokens.js';

/** The database's clock, asked in its own words and not in the library's. */
const CLOCK = {
  sqlite: "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS ms",
  postgres: "SELECT date_part('epoch', clock_timestamp()) * 1000 AS ms",
  mariadb: 'SELECT UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS ms',
};

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let app: AuthApp;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const everything: AuthAppOptions = {
      auth: {
        policies: [
          accountStatus(),
          tokenVersion(),
          issuedAfter(),
          session(),
          boundTo('passwordHash'),
        ],
        renewal: { maxAge: '1h' },
      },
    };
    app = await startAuthApp({ database, ...everything });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  const people = () => app.dataSource.getRepository(Person);

  /** The name of the policy set in a token that an application with these options issues. */
  const policySetWith = async (options: AuthAppOptions) => {
    const other = await startAuthApp({ database, synchronize: false, ...options });
    try {
      return claimsOf((await other.auth.signIn(await app.addPerson())).accessToken)['pol'];
    } finally {
      await other.close();
    }
  };

  it('a token names the policy set that stamped it; other policies, or other columns, are another set', async () => {
    const one = await policySetWith({
      auth: { policies: [accountStatus(), boundTo('passwordHash')] },
    });
    expect(one).toMatch(/^[\w-]{16}$/);
    expect(
      await policySetWith({ auth: { policies: [boundTo('passwordHash'), accountStatus()] } }),
    ).toBe(one);
    for (const policies of [[accountStatus()], [accountStatus(), boundTo('email')]]) {
      expect(await policySetWith({ auth: { policies } })).not.toBe(one);
    }
    const typed = (type: StampType) =>
      policySetWith({
        auth: {
          policies: [
            { name: 'own', stamps: { x: type }, stamp: () => ({ x: 1 }), judge: () => undefined },
          ],
        },
      });
    expect(await typed('integer')).not.toBe(await typed('number'));
  });

  describe('a change between the check of the password and the issue', () => {
    it.each([
      ['the password changed', { passwordHash: '$argon2id$two' }, 'credentials_changed'],
      ['the version was raised', { tokenVersion: 7 }, 'credentials_changed'],
      ['the account was disabled', { status: 'disabled' }, 'account_disabled'],
      ['the account was deleted', { deletedAt: new Date() }, 'account_deleted'],
    ])('%s: no token', async (_what, change, code) => {
      const checked = await app.addPerson();
      await people().update({ id: checked.id }, change);
      await expect(app.auth.signIn(checked)).rejects.toMatchObject({ status: 401, code });
      expect(app.events.at(-1)).toMatchObject({ type: 'sign_in_failed', reason: 'refused' });
    });

    it('the row was deleted: no token', async () => {
      const checked = await app.addPerson();
      await people().delete({ id: checked.id });
      await expect(app.auth.signIn(checked)).rejects.toMatchObject({ code: 'account_deleted' });
    });

    it('more roles than a token can hold: no token, because every process would refuse it', async () => {
      const roles = Array.from({ length: 300 }, (_, index) => `a role of many, number ${index}`);
      await expect(app.auth.signIn(await app.addPerson({ roles }))).rejects.toMatchObject({
        name: 'TokenTooLongError',
        code: 'token_too_long',
      });
    });

    it('nothing changed: a token', async () => {
      await expect(app.auth.signIn(await app.addPerson())).resolves.toMatchObject({
        tokenType: 'Bearer',
      });
    });
  });

  it('an entity without a watched column is refused, with the remedy', async () => {
    const { id } = await app.addPerson();
    const partial = await people().findOneOrFail({
      where: { id },
      select: { id: true, status: true },
    });
    await expect(app.auth.signIn(partial)).rejects.toThrow(SignInError);
    await expect(app.auth.signIn(partial)).rejects.toThrow(
      /passwordHash|tokenVersion|suspendedUntil/,
    );
    await expect(app.auth.signIn({})).rejects.toThrow(/"id" is missing/);
    for (const id of [null, '', 'x', {}, Number.NaN, -1.5]) {
      await expect(app.auth.signIn({ id })).rejects.toThrow(SignInError);
    }
  });

  describe('the clock of issue', () => {
    afterEach(() => vi.useRealTimers());

    it("is the database's, even if this process has another time", async () => {
      const alice = await app.addPerson();
      const clock = async () =>
        Number((await app.dataSource.query<{ ms: number }[]>(CLOCK[kind]))[0]?.ms);
      const before = await clock();
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2001-01-01') });
      const { accessToken } = await app.auth.signIn(alice);
      vi.useRealTimers();
      const after = await clock();
      const { iat, iat_ms } = claimsOf(accessToken);
      // SQLite's clock is the machine's; the fake is this process's alone.
      expect(Number(iat_ms)).toBeGreaterThanOrEqual(Math.floor(before) - 1);
      expect(Number(iat_ms)).toBeLessThanOrEqual(Math.ceil(after));
      expect(iat).toBe(Math.floor(Number(iat_ms) / 1000));
    });
  });

  describe('a revocation that commits while a token is made', () => {
    it.each(['revokeAll', 'revokeUser'] as const)(
      '%s: the token from in between is refused',
      async (method) => {
        const alice = await app.addPerson();
        // SQLite's one shared connection cannot hold a transaction open beside another writer; there
        // the sign-in only reads.
        let between = '';
        await app.dataSource.transaction(async (manager) => {
          if (method === 'revokeAll') await app.revocation.revokeAll({ manager });
          else await app.revocation.revokeUser(alice.id, { manager });
          between = (await app.auth.signIn(alice)).accessToken;
          expect(await app.whoami(between)).toMatchObject({ status: 200 });
        });
        expect(await app.whoami(between)).toMatchObject({ status: 401 });
        const again = await app.auth.signIn(await people().findOneByOrFail({ id: alice.id }));
        expect(await app.whoami(again.accessToken)).toMatchObject({ status: 200 });
      },
    );
  });

  describe('renewal', () => {
    it('keeps sid and auth_time, and makes a new token', async () => {
      const first = await app.auth.signIn(await app.addPerson());
      const renewed = await app.auth.renew(await app.auth.authenticate(first.accessToken));
      const [a, b] = [claimsOf(first.accessToken), claimsOf(renewed?.accessToken ?? '')];
      expect(b).toMatchObject({ sid: a['sid'], auth_time: a['auth_time'], sub: a['sub'] });
      expect(b['jti']).not.toBe(a['jti']);
    });

    it.each<[string, (id: number, sid: string) => Promise<unknown>]>([
      ['the user is revoked', (id) => app.revocation.revokeUser(id)],
      ['everybody is revoked', () => app.revocation.revokeAll()],
      ['the session ends', (_id, sid) => app.revocation.revokeSession(sid)],
      [
        'the password changes',
        (id) => people().update({ id }, { passwordHash: '$argon2id$three' }),
      ],
      ['the account is disabled', (id) => people().update({ id }, { status: 'disabled' })],
      ['the row goes', (id) => people().delete({ id })],
    ])('between decision and renewal, %s: no token', async (_what, happens) => {
      const alice = await app.addPerson();
      const { accessToken, sessionId } = await app.auth.signIn(alice);
      const principal = await app.auth.authenticate(accessToken);
      await happens(alice.id, sessionId);
      expect(await app.auth.renew(principal)).toBeUndefined();
    });

    it('of a principal that was kept after its token expired: no token', async () => {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const principal = await app.auth.authenticate(accessToken);
      const { iat } = principal.claims;
      const expired = {
        ...principal,
        claims: { ...principal.claims, iat: iat - 900, exp: iat - 1 },
      };
      expect(await app.auth.renew(expired)).toBeUndefined();
    });
  });

  it('no token outlives the validity of its account', async () => {
    const validUntil = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);
    const { accessToken } = await app.auth.signIn(await app.addPerson({ validUntil }));
    expect(claimsOf(accessToken)['exp']).toBe(validUntil.getTime() / 1000);
    const ended = await app.addPerson({ validUntil: new Date(Date.now() - 1_000) });
    await expect(app.auth.signIn(ended)).rejects.toMatchObject({ code: 'account_disabled' });
  });
});

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let apps: AuthApp[];
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const options: AuthAppOptions = {
      jwt: { secret: 'b5zMhcXb1JrKzVtq0yVvfQm3u8Z2kR9w' },
      user: { latestSignIn: 'latestSignIn' },
      auth: { policies: [accountStatus(), latestSignIn()] },
    };
    apps = [
      await startAuthApp({ database, ...options }),
      await startAuthApp({ database, ...options, synchronize: false }),
    ];
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await database.drop();
  });

  it('of many sign-ins at once, by several applications, exactly one stays valid', async () => {
    const [one] = apps;
    if (one === undefined) throw new Error('no application');
    for (let round = 0; round < 5; round++) {
      const alice = await one.addPerson();
      const issued = await Promise.all(
        Array.from({ length: 12 }, (_, index) => apps[index % apps.length]?.auth.signIn(alice)),
      );
      const stamps = issued.map((token) => claimsOf(token?.accessToken ?? '')['lsi']);
      expect(new Set(stamps).size).toBe(issued.length);
      const answers = await Promise.all(issued.map((token) => one.whoami(token?.accessToken)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    }
  });

  it.each<[what: string, stamps: StampTypes, stamped: Readonly<Record<string, StampValue>>]>([
    ['of another type', { tenant: 'string' }, { tenant: 7 }],
    ['that is no integer', { tenant: 'integer' }, { tenant: 1.5 }],
    ['that JSON cannot write', { tenant: 'number' }, { tenant: Infinity }],
    ['that is null', { tenant: 'boolean' }, { tenant: null }],
    ['that is missing', { tenant: 'string', site: 'string' }, { tenant: 'north' }],
  ])('a stamp %s: no token, because every process would refuse it', async (_, stamps, stamped) => {
    const [one] = apps;
    if (one === undefined) throw new Error('no application');
    const alice = await one.addPerson();
    const { accessToken } = await one.auth.signIn(alice);
    const own: Policy = { name: 'own', stamps, stamp: () => stamped, judge: () => undefined };
    const other = await startAuthApp({
      database,
      synchronize: false,
      user: { latestSignIn: 'latestSignIn' },
      auth: { policies: [accountStatus(), latestSignIn(), own] },
    });
    try {
      await expect(other.auth.signIn(alice)).rejects.toMatchObject({
        name: 'InvalidStampError',
        code: 'invalid_stamp',
        message: expect.stringMatching(/"own" did not stamp what it declares/),
      });
    } finally {
      await other.close();
    }
    // What was not signed in ended nothing.
    expect(await one.whoami(accessToken)).toMatchObject({ status: 200 });
  });

  it('what a policy stamps without declaring it is not in the token', async () => {
    const own: Policy = {
      name: 'own',
      stamps: { tenant: 'string' },
      stamp: () => ({ tenant: 'north', nbf: 1, extra: 'x' }),
      judge: ({ tenant }) => (tenant === 'north' ? undefined : new Refusal('token_superseded')),
    };
    const app = await startAuthApp({
      database,
      synchronize: false,
      auth: { policies: [accountStatus(), own] },
    });
    try {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      expect(claimsOf(accessToken)).toMatchObject({ tenant: 'north' });
      expect(claimsOf(accessToken)).not.toHaveProperty('nbf');
      expect(claimsOf(accessToken)).not.toHaveProperty('extra');
      expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    } finally {
      await app.close();
    }
  });

  it('the very first sign-in is refused too, when the account changed since its check', async () => {
    const [one] = apps;
    if (one === undefined) throw new Error('no application');
    const alice = await one.addPerson();
    await one.dataSource
      .getRepository(Person)
      .update({ id: alice.id }, { suspendedUntil: new Date(0) });
    await expect(one.auth.signIn(alice)).rejects.toMatchObject({ code: 'credentials_changed' });
  });

  it('a refused sign-in does not end the valid one', async () => {
    const [one] = apps;
    if (one === undefined) throw new Error('no application');
    const alice = await one.addPerson();
    const { accessToken } = await one.auth.signIn(alice);
    await expect(one.auth.signIn({ ...alice, status: 'invited' })).rejects.toMatchObject({
      status: 401,
    });
    const people = one.dataSource.getRepository(Person);
    await people.update({ id: alice.id }, { status: 'disabled' });
    const disabled = await people.findOneByOrFail({ id: alice.id });
    await expect(one.auth.signIn(disabled)).rejects.toMatchObject({ code: 'account_disabled' });
    await people.update({ id: alice.id }, { status: 'active' });
    expect(await one.whoami(accessToken)).toMatchObject({ status: 200 });
  });
});
