/** Whatever takes something away becomes part of the transaction that a library has opened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthModuleOptions, KeyService, type TokenPair } from 'nestjs-revocable-jwt';
import { runOnTransactionCommit } from 'typeorm-transactional';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { Person } from '../../support/person.entity.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { type AmbientApp, gate, LIBRARIES, rolledBack } from './ambient-app.js';

interface SignedIn {
  readonly person: Person;
  readonly pair: TokenPair;
}

const BOUND_MS = 1_000;

const FRESHNESS: readonly NonNullable<AuthModuleOptions['freshness']>[] = [
  { mode: 'strict' },
  { mode: 'tracked', maxStaleness: BOUND_MS, wakeUp: 'poll' },
];

const CASES = LIBRARIES.flatMap((library) =>
  FRESHNESS.map((freshness) => [library.name, freshness.mode, library, freshness] as const),
);

describe.each(CASES)('%s, %s', (_name, mode, library, freshness) => {
  describeOnDatabases((kind) => {
    let database: TestDatabase;
    let app: AmbientApp;
    let elsewhere: AuthApp;
    beforeAll(async () => {
      const options = authOptions({ user: { subject: 'subject' }, auth: { sessions: {} } });
      database = await watchedDatabase(kind, options);
      const given = { database, synchronize: false, auth: { ...options, freshness } };
      const { jwt, user } = options;
      app = await library.start({ ...given, jwt, user });
      elsewhere = await startAuthApp({ ...given, jwt, user });
      // Tokens of later speak for themselves.
      await sleep(1_100);
    });
    afterAll(async () => {
      await app.close();
      await elsewhere.close();
      await database.drop();
    });

    const signedIn = async (): Promise<SignedIn> => {
      const person = await app.addPerson();
      const {
        refreshToken = '',
        refreshExpiresAt = new Date(0),
        ...token
      } = await app.auth.signIn(person);
      return { person, pair: { ...token, refreshToken, refreshExpiresAt } };
    };
    const status = async ({ pair }: SignedIn, of: AuthApp = app) =>
      (await of.whoami(pair.accessToken)).status;
    /** As an application does: afterwards the transaction has the lock that a revocation needs. */
    const touch = ({ person }: SignedIn) =>
      app.manager().update(Person, { id: person.id }, { email: 'new@example.com' });
    const stored = async ({ person }: SignedIn): Promise<object> =>
      (
        await app.dataSource.query(
          `SELECT subject, token_version, email FROM person WHERE id = ${person.id}`,
        )
      )[0];

    const WAYS: readonly (readonly [string, (who: SignedIn) => Promise<unknown>])[] = [
      ['revokeUser', ({ person }) => app.revocation.revokeUser(person.id)],
      [
        'revokeUser until now',
        ({ person }) => app.revocation.revokeUser(person.id, { issuedBefore: new Date() }),
      ],
      ['revokeToken', ({ pair }) => app.revocation.revokeToken(pair.accessToken)],
      ['revokeSession', ({ pair }) => app.revocation.revokeSession(pair.sessionId)],
      ['replaceSubject', ({ person }) => app.revocation.replaceSubject(person.id)],
      ['revokeAll', () => app.revocation.revokeAll()],
      ['end', ({ pair }) => app.sessions.end(pair.sessionId)],
      ['endAll', ({ person }) => app.sessions.endAll(person.id)],
      [
        'endOthers',
        ({ person }) => app.sessions.endOthers({ userId: String(person.id), sessionId: 'other' }),
      ],
      ['endSessionOf', ({ pair }) => app.sessions.endSessionOf(pair.refreshToken)],
    ];

    it.each(WAYS)('%s: rolled back, nothing was', async (_way, revoke) => {
      const who = await signedIn();
      const told = app.events.length;
      await rolledBack(app, async () => {
        await touch(who);
        await revoke(who);
      });
      expect(await status(who)).toBe(200);
      expect(await status(who, elsewhere)).toBe(200);
      expect(app.events.slice(told)).toEqual([]);
      const { subject, email } = who.person;
      expect(await stored(who)).toEqual({ subject, email, token_version: 0 });
      await app.sessions.refresh(who.pair.refreshToken);
    });

    it.each(WAYS)('%s: committed, it is in force at once', async (_way, revoke) => {
      const who = await signedIn();
      await app.transaction(async () => {
        await touch(who);
        await revoke(who);
        // Decisions see what is committed.
        expect(await status(who)).toBe(200);
      });
      expect(await status(who)).toBe(401);
      // Elsewhere too: at once, or for what is asked after the bound.
      const committed = performance.now();
      for (let asked = committed; ; asked = performance.now()) {
        if ((await status(who, elsewhere)) === 401) break;
        expect(asked - committed).toBeLessThan(mode === 'strict' ? 0 : BOUND_MS);
      }
    });

    it('a session that gets new tokens keeps the old ones when it is rolled back', async () => {
      const who = await signedIn();
      const me = { userId: String(who.person.id), sessionId: who.pair.sessionId };
      await rolledBack(app, async () => {
        await touch(who);
        await app.sessions.reissue(me);
      });
      const { refreshToken } = await app.sessions.refresh(who.pair.refreshToken);
      const next = await app.transaction(async () => {
        await touch(who);
        return app.sessions.reissue(me);
      });
      await expect(app.sessions.refresh(refreshToken)).rejects.toMatchObject({ status: 401 });
      await app.sessions.refresh(next.refreshToken);
    });

    it('a key is withdrawn with the commit, and not without', async () => {
      const keys = app.app.get(KeyService);
      const withdrawn = async () => {
        const [row] = await app.dataSource.query('SELECT withdrawn_keys FROM auth_state');
        return String(row.withdrawn_keys);
      };
      const withdraw = () => keys.withdraw('old-key', { unknown: true });
      await rolledBack(app, withdraw);
      expect(await withdrawn()).not.toContain('old-key');
      await app.transaction(withdraw);
      expect(await withdrawn()).toContain('old-key');
    });

    it('one after the other in a transaction, or at once: all are part of it', async () => {
      const all = [await signedIn(), await signedIn(), await signedIn()];
      await rolledBack(app, () =>
        Promise.all(all.map(({ person }) => app.revocation.revokeUser(person.id))),
      );
      for (const who of all) expect(await status(who)).toBe(200);
      await app.transaction(() =>
        Promise.all(all.map(({ person }) => app.revocation.revokeUser(person.id))),
      );
      for (const who of all) expect(await status(who)).toBe(401);
    });

    it('everything that follows the commit sees it', async () => {
      const who = await signedIn();
      const seen: number[] = [];
      await app.transaction(async () => {
        await app.revocation.revokeUser(who.person.id);
        if (library.name === 'typeorm-transactional') {
          runOnTransactionCommit(() => void status(who).then((found) => seen.push(found)));
        } else {
          seen.push(401);
        }
      });
      await expect.poll(() => seen).toEqual([401]);
    });

    it('calls of another request are not part of it', async () => {
      const [inside, outside] = [await signedIn(), await signedIn()];
      // It begins outside, and so stays there.
      const begin = gate();
      const other = begin.passed.then(() => app.revocation.revokeUser(outside.person.id));
      await rolledBack(app, async () => {
        if (kind === 'sqlite') {
          // There it waits for the one transaction that may write.
          begin.open();
          await app.revocation.revokeUser(inside.person.id);
        } else {
          await app.revocation.revokeUser(inside.person.id);
          begin.open();
          await other;
          expect(await status(outside)).toBe(401);
        }
      });
      await other;
      expect(await status(inside)).toBe(200);
      expect(await status(outside)).toBe(401);
    });

    it('a transaction that is suspended is not joined', async () => {
      const who = await signedIn();
      await rolledBack(app, async () => {
        await app.manager().findOneByOrFail(Person, { id: who.person.id });
        await app.transaction(() => app.revocation.revokeUser(who.person.id), 'NOT_SUPPORTED');
        expect(await status(who)).toBe(401);
      });
      expect(await status(who)).toBe(401);
    });

    it('a manager that is passed counts, and not the open transaction', async () => {
      const who = await signedIn();
      const { manager } = app.dataSource.createQueryRunner();
      await rolledBack(app, () => app.revocation.revokeUser(who.person.id, { manager }));
      expect(await status(who)).toBe(kind === 'sqlite' ? 200 : 401);
      if (kind !== 'sqlite') await manager.queryRunner?.release();
    });

    it.runIf(library.hasSavepoints)('a savepoint is rolled back alone', async () => {
      const [kept, undone] = [await signedIn(), await signedIn()];
      await app.transaction(async () => {
        await app.revocation.revokeUser(kept.person.id);
        await rolledBack({ transaction: (run) => app.transaction(run, 'NESTED') }, () =>
          app.revocation.revokeUser(undone.person.id),
        );
        await app.transaction(() => app.revocation.revokeToken(kept.pair.accessToken), 'NESTED');
      });
      expect(await status(kept)).toBe(401);
      expect(await status(undone)).toBe(200);
    });

    it.skipIf(kind === 'sqlite')(
      'a transaction inside of another is the one that is joined',
      async () => {
        const [outer, inner] = [await signedIn(), await signedIn()];
        await rolledBack(app, async () => {
          await app.revocation.revokeUser(outer.person.id);
          await app.transaction(() => app.revocation.revokeUser(inner.person.id), 'REQUIRES_NEW');
          expect(await status(inner)).toBe(401);
        });
        expect(await status(outer)).toBe(200);
        expect(await status(inner)).toBe(401);
      },
    );

    it('what a context does after its transaction has its own', async () => {
      const who = await signedIn();
      const later = await app.transaction(async () => {
        await touch(who);
        const go = gate();
        // Nobody awaits it inside; the context still names the transaction.
        const revoked = app.transaction(async () => {
          await go.passed;
          await app.revocation.revokeUser(who.person.id);
        });
        return { go, revoked: { promise: revoked } };
      });
      later.go.open();
      await later.revoked.promise;
      expect(await status(who)).toBe(401);
    });

    it('a refresh has its own: the new token is kept when the rest is rolled back', async () => {
      const who = await signedIn();
      const next = await rolledBack(app, () => app.sessions.refresh(who.pair.refreshToken));
      await app.sessions.refresh(next.refreshToken);
    });

    it('everywhere() is refused in it, since nothing of it is in force yet', async () => {
      const mistake = { name: 'InvalidArgumentError', code: 'invalid_argument' };
      await app.transaction(async () => {
        await expect(app.revocation.everywhere()).rejects.toMatchObject(mistake);
        const everywhere = { visibility: 'everywhere' } as const;
        await expect(app.revocation.revokeAll(everywhere)).rejects.toMatchObject(mistake);
      });
      await app.revocation.everywhere();
    });
  });
});

describe.each(LIBRARIES)('$name, SQLite in memory', (library) => {
  it('revocations and sign-ins join what is open on the one connection', async () => {
    const file = await createTestDatabase('sqlite');
    const database: TestDatabase = {
      ...file,
      options: { type: 'better-sqlite3', database: ':memory:' },
    };
    const app = await library.start({ database, auth: { sessions: {} } });
    const person = await app.addPerson();
    const { accessToken } = await app.auth.signIn(person);
    const status = async (token: string) => (await app.whoami(token)).status;
    const lost = await rolledBack(app, async () => {
      await app.manager().update(Person, { id: person.id }, { email: 'new@example.com' });
      await app.revocation.revokeToken({ jti: 'another' });
      await app.revocation.revokeUser(person.id);
      return app.auth.signIn(await app.manager().findOneByOrFail(Person, { id: person.id }));
    });
    expect(await status(accessToken)).toBe(200);
    expect(await status(lost.accessToken)).toBe(401);
    const kept = await app.transaction(async () => {
      await app.revocation.revokeUser(person.id);
      return app.auth.signIn(await app.manager().findOneByOrFail(Person, { id: person.id }));
    });
    expect(await status(accessToken)).toBe(401);
    expect(await status(kept.accessToken)).toBe(200);
    await app.close();
    await file.drop();
  });
});
