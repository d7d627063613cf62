/** A sign-in becomes part of the transaction that a library has opened, and is never more than what is committed. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountStatus,
  type AuthModuleOptions,
  boundTo,
  issuedAfter,
  type IssuedToken,
  latestSignIn,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { describeOnDatabases, type TestDatabase } from '../../support/databases.js';
import { Person } from '../../support/person.entity.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { codeOf } from '../../sessions/support/session-app.js';
import { claimsOf } from '../../support/tokens.js';
import { type AmbientApp, LIBRARIES, rolledBack } from './ambient-app.js';

const FRESHNESS: readonly NonNullable<AuthModuleOptions['freshness']>[] = [
  { mode: 'strict' },
  { mode: 'tracked', maxStaleness: 1_000, wakeUp: 'poll' },
];
const CASES = LIBRARIES.flatMap((library) =>
  FRESHNESS.map((freshness) => [library.name, freshness.mode, library, freshness] as const),
);
const policies = [
  accountStatus(),
  session(),
  tokenVersion(),
  issuedAfter(),
  boundTo('passwordHash'),
];

async function accepted(of: AuthApp, { accessToken }: IssuedToken): Promise<boolean> {
  return (await of.whoami(accessToken)).status === 200;
}

describe.each(CASES)('%s, %s', (_name, _mode, library, freshness) => {
  describeOnDatabases((kind) => {
    let database: TestDatabase;
    let app: AmbientApp;
    let elsewhere: AuthApp;
    beforeAll(async () => {
      const options = authOptions({ auth: { sessions: { limit: { newest: 3 } }, policies } });
      database = await watchedDatabase(kind, options);
      const given = { database, synchronize: false, auth: { ...options, freshness } };
      const { jwt, user } = options;
      app = await library.start({ ...given, jwt, user });
      elsewhere = await startAuthApp({ ...given, jwt, user });
      await sleep(1_100);
    });
    afterAll(async () => {
      await app.close();
      await elsewhere.close();
      await database.drop();
    });

    const register = async (given: Partial<Person> = {}): Promise<Person> => {
      const repository = app.manager().getRepository(Person);
      const email = `${randomUUID()}@example.com`;
      const made = { subject: randomUUID(), email, passwordHash: 'one', roles: [], ...given };
      const { id } = await repository.save(repository.create(made));
      return repository.findOneByOrFail({ id });
    };
    const answers = async ({ accessToken }: IssuedToken) => {
      const both = await Promise.all([app, elsewhere].map((each) => each.whoami(accessToken)));
      return both.map(({ status, body }) => (status === 200 ? 200 : Object(body).code));
    };
    const refresh = ({ refreshToken = '' }: IssuedToken) =>
      codeOf(app.sessions.refresh(refreshToken));
    /** The events of sign-ins. */
    const begun = (told: number) =>
      app.events.slice(told).filter(({ type }) => /signed_in|issued|started/.test(type));
    const sql = (statement: string) => elsewhere.dataSource.query(statement);

    /** A transaction that has looked at the account before; in the database's own isolation. */
    const signInAfter = (person: Person, meanwhile: () => Promise<unknown>) =>
      app.transaction(async () => {
        const seen = await app.manager().findOneByOrFail(Person, { id: person.id });
        await app.manager().query('SELECT * FROM auth_state');
        await meanwhile();
        return app.auth.signIn(seen);
      });

    it('registered and signed in at once: valid with the commit, and not before', async () => {
      const told = app.events.length;
      const { token, person } = await app.transaction(async () => {
        const made = await register({ roles: ['user'] });
        const signedIn = await app.auth.signIn(made);
        if (kind !== 'sqlite')
          expect(await answers(signedIn)).toEqual(['account_deleted', 'account_deleted']);
        expect(begun(told)).toEqual([]);
        return { token: signedIn, person: made };
      });
      expect(await answers(token)).toEqual([200, 200]);
      expect((await app.whoami(token.accessToken)).body).toMatchObject({ roles: ['user'] });
      expect(begun(told).map(({ type }) => type)).toEqual([
        'signed_in',
        'token_issued',
        'session_started',
      ]);
      const next = await app.sessions.refresh(token.refreshToken ?? '');
      expect(claimsOf(next.accessToken)).not.toHaveProperty('provisional');
      // It is a token like any other.
      await app.revocation.revokeUser(person.id);
      expect((await app.whoami(token.accessToken)).status).toBe(401);
      expect((await app.whoami(next.accessToken)).status).toBe(401);
    });

    it('rolled back: the token is refused everywhere, even if another user gets the id', async () => {
      const told = app.events.length;
      const token = await rolledBack(app, async () => app.auth.signIn(await register()));
      expect(await answers(token)).toEqual(['account_deleted', 'account_deleted']);
      const next = await app.addPerson({ passwordHash: 'one' });
      // Databases that count within the transaction give out the id again.
      if (kind === 'sqlite') expect(token.subject).toBe(String(next.id));
      expect((await answers(token)).includes(200)).toBe(false);
      expect(await refresh(token)).toBe('session_ended');
      expect(begun(told)).toEqual([]);
    });

    it('rolled back for an account that exists: refused too', async () => {
      const person = await app.addPerson();
      const token = await rolledBack(app, () => app.auth.signIn(person));
      expect(await answers(token)).toEqual(['session_ended', 'session_ended']);
      expect(await refresh(token)).toBe('session_ended');
    });

    it('a version that was raised and rolled back does not come back with its token', async () => {
      const { id } = await app.addPerson();
      const find = () => app.manager().findOneByOrFail(Person, { id });
      const token = await rolledBack(app, async () => {
        await app.revocation.revokeUser(id);
        return app.auth.signIn(await find());
      });
      await app.revocation.revokeUser(id);
      expect(claimsOf(token.accessToken)['ver']).toBe((await find()).tokenVersion);
      expect((await answers(token)).includes(200)).toBe(false);
    });

    it('changes of the transaction itself count', async () => {
      const { id } = await app.addPerson({ roles: ['user'] });
      const token = await app.transaction(async () => {
        await app
          .manager()
          .update(Person, { id }, { passwordHash: 'two', roles: ['user', 'admin'] });
        await app.revocation.revokeUser(id);
        await app.revocation.revokeAll();
        return app.auth.signIn(await app.manager().findOneByOrFail(Person, { id }));
      });
      expect(await answers(token)).toEqual([200, 200]);
      expect((await app.get('admin', token.accessToken)).status).toBe(200);
    });

    it('a session that it replaces ends with the commit, and not without', async () => {
      const person = await app.addPerson();
      const signIn = () => app.auth.signIn(person);
      const [oldest, second, third] = [await signIn(), await signIn(), await signIn()];
      await rolledBack(app, signIn);
      expect(await answers(oldest)).toEqual([200, 200]);
      const newest = await app.transaction(signIn);
      expect((await app.whoami(oldest.accessToken)).status).toBe(401);
      for (const token of [second, third, newest]) expect(await refresh(token)).toBe('accepted');
    });

    describe.skipIf(kind === 'sqlite')('what others commit while it is open', () => {
      it.each<[string, string, (id: number) => Promise<unknown>]>([
        [
          'disabled',
          'account_disabled',
          (id) => sql(`UPDATE person SET status = 'disabled' WHERE id = ${id}`),
        ],
        [
          'another password',
          'credentials_changed',
          (id) => sql(`UPDATE person SET password_hash = 'two' WHERE id = ${id}`),
        ],
        ['revoked', 'credentials_changed', (id) => elsewhere.revocation.revokeUser(id)],
        ['deleted', 'account_deleted', (id) => sql(`DELETE FROM person WHERE id = ${id}`)],
      ])('%s: nobody is signed in', async (_change, code, change) => {
        const person = await app.addPerson();
        expect(await codeOf(signInAfter(person, () => change(person.id)))).toBe(code);
      });

      it('everybody is logged out: the token is newer than that', async () => {
        const person = await app.addPerson();
        const token = await signInAfter(person, () => elsewhere.revocation.revokeAll());
        expect(await answers(token)).toEqual([200, 200]);
      });

      it('a lost role is not in the token', async () => {
        const person = await app.addPerson({ roles: ['admin'] });
        const token = await signInAfter(person, () =>
          sql(`UPDATE person SET roles = '[]' WHERE id = ${person.id}`),
        );
        expect(claimsOf(token.accessToken)['roles']).toEqual([]);
        expect((await app.get('admin', token.accessToken)).status).toBe(403);
      });

      it('a session that was opened meanwhile counts for the limit', async () => {
        const person = await app.addPerson();
        const others = [await app.auth.signIn(person), await app.auth.signIn(person)];
        const token = await signInAfter(person, async () => {
          others.push(await elsewhere.auth.signIn(person));
        });
        const codes = await Promise.all([...others, token].map(refresh));
        expect(codes).toEqual(['session_ended', 'accepted', 'accepted', 'accepted']);
      });

      it.each<[string, (id: number) => Promise<unknown>]>([
        ['disabled', (id) => sql(`UPDATE person SET status = 'disabled' WHERE id = ${id}`)],
        ['revoked', (id) => elsewhere.revocation.revokeUser(id)],
        ['everybody', () => elsewhere.revocation.revokeAll()],
      ])(
        '%s after the sign-in, before or after its commit: the token ends',
        async (_change, change) => {
          const person = await app.addPerson();
          const changes: Promise<unknown>[] = [];
          const token = await app.transaction(async () => {
            const signedIn = await app.auth.signIn(person);
            // It may wait for the commit.
            changes.push(change(person.id));
            await sleep(50);
            return signedIn;
          });
          await Promise.all(changes);
          await expect.poll(() => answers(token)).not.toContain(200);
          expect(await refresh(token)).not.toBe('accepted');
        },
      );
    });

    it('a token that gets new stamps in it is refused after a rollback', async () => {
      const person = await app.addPerson();
      const { sessionId } = await app.auth.signIn(person);
      const pair = await rolledBack(app, async () => {
        await app.manager().update(Person, { id: person.id }, { passwordHash: 'two' });
        return app.sessions.reissue({ userId: String(person.id), sessionId });
      });
      expect(await answers(pair)).toEqual(['credentials_changed', 'credentials_changed']);
    });

    it('an entity without its id is a mistake of the caller', async () => {
      const person = await app.addPerson();
      const { id: _, ...rest } = person;
      const attempt = app.transaction(() => app.auth.signIn({ ...rest, subject: person.subject }));
      await expect(attempt).rejects.toMatchObject({
        name: 'InvalidUserError',
        code: 'invalid_user',
      });
    });

    it('a manager that is passed is joined', async () => {
      const person = await app.addPerson();
      const tokens: IssuedToken[] = [];
      const other = app.dataSource.transaction(async (manager) => {
        tokens.push(await app.auth.signIn(person, { manager }));
        throw new Error('over');
      });
      await expect(other).rejects.toThrow('over');
      expect(tokens).toHaveLength(1);
      for (const token of tokens) expect((await answers(token)).includes(200)).toBe(false);
      const wrong: object = { manager: {} };
      await expect(app.auth.signIn(person, wrong)).rejects.toMatchObject({
        name: 'InvalidTransactionError',
        code: 'invalid_transaction',
      });
    });
  });
});

describe.each(LIBRARIES)('$name, without sessions', (library) => {
  describeOnDatabases((kind) => {
    let app: AmbientApp;
    let newest: AmbientApp;
    beforeAll(async () => {
      app = await library.start({ kind });
      newest = await library.start({
        kind,
        user: { latestSignIn: 'latestSignIn' },
        auth: { policies: [accountStatus(), latestSignIn()] },
      });
    });
    afterAll(async () => {
      await app.close();
      await newest.close();
    });
    it('a token of an account that is committed does not depend on the transaction', async () => {
      const person = await app.addPerson();
      const token = await rolledBack(app, () => app.auth.signIn(person));
      expect(claimsOf(token.accessToken)).not.toHaveProperty('provisional');
      expect(await accepted(app, token)).toBe(true);
    });

    it('an account that is not committed cannot be signed in', async () => {
      const mistake = expect.objectContaining({
        name: 'InvalidTransactionError',
        code: 'invalid_transaction',
      });
      const { id } = await app.addPerson();
      await rolledBack(app, async () => {
        const repository = app.manager().getRepository(Person);
        const made = await repository.save(
          repository.create({ subject: randomUUID(), email: 'x', passwordHash: 'x', roles: [] }),
        );
        const created = await repository.findOneByOrFail({ id: made.id });
        await expect(app.auth.signIn(created)).rejects.toEqual(mistake);
        await app.revocation.revokeUser(id);
        const changed = await repository.findOneByOrFail({ id });
        await expect(app.auth.signIn(changed)).rejects.toEqual(mistake);
      });
    });

    it('only the newest sign-in counts: with the commit, and not without', async () => {
      const { id } = await newest.addPerson();
      const find = () => newest.manager().findOneByOrFail(Person, { id });
      const first = await newest.auth.signIn(await find());
      const lost = await rolledBack(newest, async () => newest.auth.signIn(await find()));
      expect(await accepted(newest, first)).toBe(true);
      expect(await accepted(newest, lost)).toBe(false);
      const second = await newest.transaction(async () => newest.auth.signIn(await find()));
      expect(await accepted(newest, first)).toBe(false);
      expect(await accepted(newest, lost)).toBe(false);
      expect(await accepted(newest, second)).toBe(true);
    });
  });
});
