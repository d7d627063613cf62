/**
 * Each technique by itself: what it takes away is refused on the very next request, and is let in by
 * an application that differs in nothing but that it lacks the technique.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  accountStatus,
  type AuthModuleOptions,
  boundTo,
  denylist,
  type IssuedToken,
  issuedAfter,
  latestSignIn,
  type Policy,
  type PolicyFactory,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { type AuthApp, type AuthAppOptions, startAuthApp } from '../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { Person } from '../support/person.entity.js';

/** Objects to nothing: an empty list of policies is refused at boot. */
const bystander: Policy = { name: 'bystander', judge: () => undefined };

interface Technique {
  readonly what: string;
  readonly policy: PolicyFactory;
  /** Done by a separate application on the same database, where every technique is on. */
  readonly happens: (elsewhere: AuthApp, alice: Person, token: IssuedToken) => Promise<unknown>;
  readonly code: string;
  readonly user?: Partial<AuthModuleOptions['user']>;
}

const people = (app: AuthApp) => app.dataSource.getRepository(Person);

const TECHNIQUES: readonly Technique[] = [
  {
    what: 'an admin disables the account',
    policy: accountStatus(),
    happens: (app, { id }) => people(app).update({ id }, { status: 'disabled' }),
    code: 'account_disabled',
  },
  {
    what: 'an admin suspends the account until tomorrow',
    policy: accountStatus(),
    happens: (app, { id }) =>
      people(app).update({ id }, { suspendedUntil: new Date(Date.now() + 86_400_000) }),
    code: 'account_disabled',
  },
  {
    what: 'the account is deleted softly',
    policy: accountStatus(),
    happens: (app, { id }) => people(app).softDelete({ id }),
    code: 'account_deleted',
  },
  {
    what: 'raw SQL raises the version',
    policy: tokenVersion(),
    happens: (app, { id }) =>
      app.dataSource.query(`UPDATE person SET token_version = token_version + 1 WHERE id = ${id}`),
    code: 'token_superseded',
  },
  {
    what: 'the user is revoked',
    policy: tokenVersion(),
    happens: (app, { id }) =>
      app.revocation.revokeUser(id, { reason: 'lost phone', actor: 'root' }),
    code: 'token_superseded',
  },
  {
    what: 'the token is denied by its text',
    policy: denylist(),
    happens: (app, _alice, { accessToken }) => app.revocation.revokeToken(accessToken),
    code: 'token_revoked',
  },
  {
    what: 'the token is denied by its id',
    policy: denylist(),
    happens: (app, _alice, { tokenId }) => app.revocation.revokeToken({ jti: tokenId }),
    code: 'token_revoked',
  },
  {
    what: 'the session is ended',
    policy: session(),
    happens: (app, _alice, { sessionId }) => app.revocation.revokeSession(sessionId),
    code: 'session_ended',
  },
  {
    what: 'everything issued before a time is revoked for the user',
    policy: issuedAfter(),
    happens: (app, { id }) => app.revocation.revokeUser(id, { issuedBefore: new Date() }),
    code: 'token_revoked',
  },
  {
    what: 'everything issued before a time is revoked for all',
    policy: issuedAfter(),
    happens: (app) => app.revocation.revokeAll({ issuedBefore: new Date() }),
    code: 'token_revoked',
  },
  {
    what: 'everything until now is revoked for all',
    policy: issuedAfter(),
    happens: (app) => app.revocation.revokeAll(),
    code: 'token_revoked',
  },
  {
    what: 'the password hash changes',
    policy: boundTo('passwordHash', 'email'),
    happens: (app, { id }) => people(app).update({ id }, { passwordHash: '$argon2id$two' }),
    code: 'credentials_changed',
  },
  {
    what: 'another bound column changes',
    policy: boundTo('passwordHash', 'email'),
    happens: (app, { id }) => people(app).update({ id }, { email: 'new@example.com' }),
    code: 'credentials_changed',
  },
  {
    what: 'the profile is updated, and tokens are bound to the time of its last update',
    policy: boundTo('updatedAt'),
    happens: (app, { id }) => people(app).update({ id }, { updatedAt: new Date() }),
    code: 'credentials_changed',
  },
  {
    what: 'the user signs in anew',
    policy: latestSignIn(),
    happens: (app, alice) => app.auth.signIn(alice),
    code: 'token_superseded',
  },
];

describeOnDatabases((kind) => {
  const secret = randomBytes(32);
  const everything: AuthAppOptions = {
    jwt: { secret },
    user: { latestSignIn: 'latestSignIn' },
    auth: {
      policies: [
        accountStatus(),
        tokenVersion(),
        denylist(),
        session(),
        issuedAfter(),
        boundTo('passwordHash', 'email'),
        latestSignIn(),
      ],
    },
  };
  let database: TestDatabase;
  let elsewhere: AuthApp;
  let bare: AuthApp;
  let guarded: AuthApp | undefined;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    elsewhere = await startAuthApp({ database, ...everything });
    bare = await startAuthApp({
      database,
      ...everything,
      auth: { policies: [bystander] },
      synchronize: false,
    });
  });
  afterEach(() => guarded?.close());
  afterAll(async () => {
    await bare.close();
    await elsewhere.close();
    await database.drop();
  });

  it.each(TECHNIQUES)('$what: refused at once', async ({ policy, happens, code }) => {
    guarded = await startAuthApp({
      database,
      ...everything,
      auth: { policies: [policy] },
      synchronize: false,
    });
    const alice = await elsewhere.addPerson();
    const token = await guarded.auth.signIn(alice);
    expect(await guarded.whoami(token.accessToken)).toMatchObject({ status: 200 });
    expect(await guarded.get('passport', token.accessToken)).toMatchObject({ status: 200 });

    await happens(elsewhere, alice, token);

    expect(await guarded.whoami(token.accessToken)).toMatchObject({ status: 401, body: { code } });
    expect(await guarded.get('passport', token.accessToken)).toMatchObject({
      status: 401,
      body: { code },
    });
    expect(await bare.whoami(token.accessToken)).toMatchObject({ status: 200 });
  });

  it('the row is deleted: refused with any policies', async () => {
    const alice = await elsewhere.addPerson();
    const { accessToken } = await elsewhere.auth.signIn(alice);
    expect(await bare.whoami(accessToken)).toMatchObject({ status: 200 });
    await people(elsewhere).delete({ id: alice.id });
    expect(await bare.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'account_deleted' },
    });
  });

  it('an id that a new account uses again does not revive the tokens of the old one', async () => {
    const alice = await elsewhere.addPerson();
    const { accessToken } = await elsewhere.auth.signIn(alice);
    await people(elsewhere).delete({ id: alice.id });
    await elsewhere.addPerson({ id: alice.id, createdAt: new Date(alice.createdAt.getTime() + 5) });
    expect(await bare.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'account_deleted' },
    });
  });

  it('a suspension ends at its time, and an earlier token is accepted again', async () => {
    const alice = await elsewhere.addPerson();
    const { accessToken } = await elsewhere.auth.signIn(alice);
    const suspend = (suspendedUntil: Date) =>
      people(elsewhere).update({ id: alice.id }, { status: 'suspended', suspendedUntil });
    await suspend(new Date(Date.now() + 60_000));
    expect(await elsewhere.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'account_disabled' },
    });
    const until = Date.now() + 300;
    await suspend(new Date(until));
    await expect.poll(async () => (await elsewhere.whoami(accessToken)).status).toBe(200);
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });

  describe('with a subject of its own', () => {
    let replaceable: AuthApp;
    beforeAll(async () => {
      replaceable = await startAuthApp({
        database,
        ...everything,
        user: { subject: 'subject', latestSignIn: 'latestSignIn' },
        auth: { policies: [bystander] },
        synchronize: false,
      });
    });
    afterAll(() => replaceable.close());

    it('the subject is replaced: every token of the old one is refused, the account lives', async () => {
      const alice = await elsewhere.addPerson({ subject: randomUUID() });
      const { accessToken } = await replaceable.auth.signIn(alice);
      expect(await replaceable.whoami(accessToken)).toMatchObject({
        status: 200,
        body: { subject: alice.subject },
      });

      const subject = await replaceable.revocation.replaceSubject(alice.id, { actor: 'root' });

      expect(await replaceable.whoami(accessToken)).toMatchObject({
        status: 401,
        body: { code: 'token_superseded' },
      });
      const renamed = await people(elsewhere).findOneByOrFail({ id: alice.id });
      expect(renamed.subject).toBe(subject);
      const again = await replaceable.auth.signIn(renamed);
      expect(await replaceable.whoami(again.accessToken)).toMatchObject({
        status: 200,
        body: { subject },
      });
    });

    it('replaced by raw SQL: refused, like an account that does not exist', async () => {
      const alice = await elsewhere.addPerson();
      const { accessToken } = await replaceable.auth.signIn(alice);
      await people(elsewhere).update({ id: alice.id }, { subject: randomUUID() });
      expect(await replaceable.whoami(accessToken)).toMatchObject({
        status: 401,
        body: { code: 'account_deleted' },
      });
    });
  });

  describe('with keys derived from the password hash', () => {
    let derived: AuthApp;
    beforeAll(async () => {
      derived = await startAuthApp({
        database,
        ...everything,
        jwt: { secret, deriveKeyFrom: ['passwordHash'] },
        auth: { policies: [bystander] },
        synchronize: false,
      });
    });
    afterAll(() => derived.close());

    it('the password hash changes: the signature is that of another key', async () => {
      const alice = await elsewhere.addPerson();
      const { accessToken } = await derived.auth.signIn(alice);
      expect(await derived.whoami(accessToken)).toMatchObject({ status: 200 });
      expect(await derived.get('passport', accessToken)).toMatchObject({ status: 200 });
      expect(await bare.whoami(accessToken)).toMatchObject({
        status: 401,
        body: { code: 'token_invalid' },
      });

      await people(elsewhere).update({ id: alice.id }, { passwordHash: '$argon2id$two' });

      const refused = { status: 401, body: { code: 'credentials_changed' } };
      expect(await derived.whoami(accessToken)).toMatchObject(refused);
      expect(await derived.get('passport', accessToken)).toMatchObject(refused);
    });
  });
});
