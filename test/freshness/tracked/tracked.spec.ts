/** Tracked freshness in one process and in two, on real databases. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FreshnessMonitor, type AuthModuleOptions } from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { CountingLogger } from '../../support/counting-logger.js';
import { describeOnDatabases, type TestDatabase } from '../../support/databases.js';
import { Person } from '../../support/person.entity.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.js';
import { settledWithin } from '../../support/settled-within.js';

/** Long enough that a machine which stands still for a while does not make decisions strict. */
const BOUND = 5_000;
/** Where the bound is waited out. */
const SHORT_BOUND = 1_000;

/** The status, once decisions are made without a read. */
const tracking = async ({ app }: AuthApp) => {
  const status = () => app.get(FreshnessMonitor).status();
  return vi.waitUntil(() => [status()].find(({ isTracking }) => isTracking), WAIT_LIMIT_MS);
};

/** Statements of the application's own pool; who follows the log has another, and reads when it likes. */
const statementsDuring = async (app: AuthApp, run: () => Promise<unknown>) => {
  await tracking(app);
  const { dataSource } = app;
  const { logger } = dataSource;
  const counting = new CountingLogger();
  dataSource.logger = counting;
  await run();
  dataSource.logger = logger;
  return counting.statements;
};

describeOnDatabases((kind) => {
  let options: AuthModuleOptions;
  let database: TestDatabase;
  let here: AuthApp;
  let there: AuthApp;
  let start: (maxStaleness?: number) => Promise<AuthApp>;
  beforeAll(async () => {
    options = authOptions({
      user: { subject: 'subject', permissions: 'permissions' },
      auth: { freshness: { mode: 'tracked' } },
    });
    const { jwt, user } = options;
    database = await watchedDatabase(kind, options);
    start = (maxStaleness = BOUND) => {
      const auth: AuthModuleOptions = { ...options, freshness: { mode: 'tracked', maxStaleness } };
      return startAuthApp({ database, synchronize: false, auth, jwt, user });
    };
    here = await start();
    there = await start();
  });
  afterAll(async () => {
    await here.close();
    await there.close();
    await database.drop();
  });

  /** A token that speaks for itself: issued well after memory began. */
  const signedIn = async () => {
    const person = await here.addPerson({ roles: ['user'] });
    await settled();
    const token = await here.auth.signIn(person);
    return { person, token, ...token };
  };
  let begun: Promise<void> | undefined;
  const settled = () => (begun ??= new Promise((resolve) => setTimeout(resolve, 1_100)));

  it('nothing is read for a subject that did not change', async () => {
    const { accessToken, person } = await signedIn();
    const statements = await statementsDuring(here, async () => {
      for (let request = 0; request < 20; request++) {
        expect(await here.whoami(accessToken)).toMatchObject({
          status: 200,
          body: { userId: String(person.id), roles: ['user'] },
        });
        expect((await here.get('passport', accessToken)).status).toBe(200);
      }
    });
    expect(statements).toEqual([]);
  });

  it('nothing is read by a process that starts later either, as after a deployment of a new version', async () => {
    const { accessToken } = await signedIn();
    const later = await start();
    try {
      const statements = await statementsDuring(later, async () =>
        expect((await later.whoami(accessToken)).status).toBe(200),
      );
      expect(statements).toEqual([]);
    } finally {
      await later.close();
    }
  });

  it('the principal is the same from the token as from the database', async () => {
    const person = await here.addPerson({ roles: ['user'], permissions: ['read', 'write'] });
    await settled();
    const { accessToken, sessionId, tokenId } = await here.auth.signIn(person);
    const expected = {
      subject: person.subject,
      userId: String(person.id),
      roles: ['user'],
      permissions: ['read', 'write'],
      sessionId,
      tokenId,
    };
    expect(
      await statementsDuring(here, async () =>
        expect(await here.auth.authenticate(accessToken)).toMatchObject(expected),
      ),
    ).toEqual([]);
    // Something else happened to the account: now it is read.
    await here.dataSource.getRepository(Person).update({ id: person.id }, { roles: ['user', 'x'] });
    await here.revocation.everywhere();
    const statements = await statementsDuring(here, async () =>
      expect(await here.auth.authenticate(accessToken)).toMatchObject({
        ...expected,
        roles: ['user', 'x'],
      }),
    );
    // SQLite's connections are the library's own.
    expect(statements).toHaveLength(kind === 'sqlite' ? 0 : 1);
  });

  it('a revocation is in force when it resolves, and elsewhere within the bound', async () => {
    const { accessToken, person } = await signedIn();
    const elsewhere = await start(SHORT_BOUND);
    try {
      expect((await elsewhere.whoami(accessToken)).status).toBe(200);
      await here.revocation.revokeUser(person.id);
      expect(await here.whoami(accessToken)).toMatchObject({
        status: 401,
        body: { code: 'token_superseded' },
      });
      await new Promise((resolve) => setTimeout(resolve, SHORT_BOUND));
      expect((await elsewhere.whoami(accessToken)).status).toBe(401);
    } finally {
      await elsewhere.close();
    }
  });

  it('everywhere means in the other process too', async () => {
    const revocations: Record<string, (of: Awaited<ReturnType<typeof signedIn>>) => Promise<void>> =
      {
        user: ({ person }) => here.revocation.revokeUser(person.id, { visibility: 'everywhere' }),
        token: ({ accessToken }) =>
          here.revocation.revokeToken(accessToken, { visibility: 'everywhere' }),
        session: ({ sessionId }) =>
          here.revocation.revokeSession(sessionId, { visibility: 'everywhere' }),
      };
    for (const revoke of Object.values(revocations)) {
      const signed = await signedIn();
      expect((await there.whoami(signed.accessToken)).status).toBe(200);
      // By answers, and not by waiting out the bound.
      await settledWithin(0.8 * BOUND, revoke(signed));
      expect((await there.whoami(signed.accessToken)).status).toBe(401);
    }
  });

  it('a write by hand is seen, and a role change acts without a new token', async () => {
    const { accessToken, person } = await signedIn();
    expect((await here.get('admin', accessToken)).status).toBe(403);
    const people = there.dataSource.getRepository(Person);
    await people.update({ id: person.id }, { roles: ['admin'] });
    await here.revocation.everywhere();
    expect((await here.get('admin', accessToken)).status).toBe(200);
    const again = await statementsDuring(here, () => here.get('admin', accessToken));
    expect(again).toEqual([]);
    await people.update({ id: person.id }, { roles: ['user'] });
    await here.revocation.everywhere();
    expect((await here.get('admin', accessToken)).status).toBe(403);
  });

  it('in a transaction of the caller it is in force from its commit, and never when it rolls back', async () => {
    const one = await signedIn();
    const other = await signedIn();
    await here.dataSource.transaction(async (manager) => {
      await here.revocation.revokeUser(one.person.id, { manager });
    });
    expect((await here.whoami(one.accessToken)).status).toBe(401);
    await here.dataSource
      .transaction(async (manager) => {
        await here.revocation.revokeUser(other.person.id, { manager });
        throw new Error('changed my mind');
      })
      .catch(() => undefined);
    expect((await here.whoami(other.accessToken)).status).toBe(200);
  });

  it('a token from right after a change is not refused because memory lacks that change', async () => {
    const { accessToken, person } = await signedIn();
    await here.revocation.revokeUser(person.id);
    expect((await here.whoami(accessToken)).status).toBe(401);
    for (let round = 0; round < 5; round++) {
      await there.revocation.revokeUser(person.id);
      const fresh = await there.dataSource.getRepository(Person).findOneByOrFail({ id: person.id });
      const token = await there.auth.signIn(fresh);
      expect((await here.whoami(token.accessToken)).status).toBe(200);
    }
  });

  it('revokeAll ends everything, and later tokens are accepted', async () => {
    const { accessToken, person } = await signedIn();
    expect((await there.whoami(accessToken)).status).toBe(200);
    await here.revocation.revokeAll({ visibility: 'everywhere' });
    expect(await there.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'token_revoked' },
    });
    const token = await here.auth.signIn(person);
    expect((await there.whoami(token.accessToken)).status).toBe(200);
  });

  it('says how it is', async () => {
    const status = await tracking(here);
    expect(status).toMatchObject({
      mode: 'tracked',
      isTracking: true,
      maxStalenessMs: BOUND,
      problems: [],
    });
    expect(status.ageMs).toBeLessThan(BOUND);
  });
});

describe('boot', () => {
  it('without triggers it does not start, and says which migration makes them', async () => {
    await expect(startAuthApp({ auth: { freshness: { mode: 'tracked' } } })).rejects.toThrow(
      /"person" \(update\): there is no trigger .*createAuthMigration\(\{ watch/,
    );
  });
});
