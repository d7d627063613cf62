/** What is wrong with the caller's transaction is said to the caller, and never called "unavailable". */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AmbientManager, RevocationError } from 'nestjs-revocable-jwt';
import type { DataSource, EntityManager } from 'typeorm';
import { knowing, problemsOf, withOptions } from '../support/problems-of.js';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { settledWithin } from '../support/settled-within.js';
import { type SessionApp, startSessionApp } from '../sessions/support/session-app.js';

const mistake = expect.objectContaining({ name: 'InvalidArgumentError', code: 'invalid_argument' });

const touch = (id: number) => `UPDATE person SET email = 'rival' WHERE id = ${id}`;

function failing(): never {
  throw new TypeError('no context');
}

/** What a transaction of the application ends with here, whatever the database says to its COMMIT. */
class Over extends Error {}

describeOnDatabases((kind) => {
  let app: SessionApp;
  let other: DataSource;
  beforeAll(async () => {
    app = await startSessionApp({ kind, user: { subject: 'subject' } });
    other = await app.database.connect();
  });
  afterAll(() => app.close());

  /** Everything that takes a manager; each is refused alike, and nobody is revoked. */
  const refusesAll = async (manager: unknown): Promise<void> => {
    const { person, pair } = await app.newcomer();
    const options: object = { manager };
    const me = { userId: String(person.id), sessionId: pair.sessionId };
    for (const attempt of [
      () => app.revocation.revokeUser(person.id, options),
      () => app.revocation.replaceSubject(person.id, options),
      () => app.revocation.revokeSession(pair.sessionId, options),
      () => app.revocation.revokeAll(options),
      () => app.sessions.endAll(person.id, options),
      () => app.sessions.reissue(me, options),
    ]) {
      // Nothing was waited for.
      await expect(settledWithin<unknown>(1_500, attempt())).rejects.toEqual(mistake);
    }
    expect((await app.whoami(pair.accessToken)).status).toBe(200);
    await app.sessions.refresh(pair.refreshToken);
  };
  /** In a transaction that is given up at its end. */
  const inTransaction = async (run: (manager: EntityManager) => Promise<unknown>) => {
    const given = app.dataSource.transaction(async (manager) => {
      await run(manager);
      throw new Over();
    });
    await expect(given).rejects.toBeInstanceOf(Over);
  };

  describe('a manager', () => {
    it.each<[string, () => unknown]>([
      ['null', () => null],
      ['a text', () => 'manager'],
      ['an empty object', () => ({})],
      ['a DataSource', () => app.dataSource],
      ['a repository', () => app.dataSource.getRepository(Person)],
      ['a promise', () => Promise.resolve(app.dataSource.manager)],
    ])('that is %s', (_, manager) => refusesAll(manager()));

    it('that is a query runner', async () => {
      const runner = app.dataSource.createQueryRunner();
      await refusesAll(runner);
      await runner.release();
    });

    it('of another DataSource, in a transaction or not', async () => {
      await refusesAll(other.manager);
      await other.transaction((manager) => refusesAll(manager));
    });

    it.skipIf(kind === 'sqlite')('whose transaction is over', async () => {
      await refusesAll(await app.dataSource.transaction((manager) => Promise.resolve(manager)));
    });

    it.skipIf(kind === 'sqlite')('whose connection was lost before the commit', async () => {
      const runner = app.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.release();
      expect(runner.isTransactionActive).toBe(true);
      await refusesAll(runner.manager);
    });
  });

  describe('a transaction', () => {
    it.runIf(kind === 'postgres')('that has failed', () =>
      inTransaction(async (manager) => {
        await manager.query('SELECT 1 / 0').catch(() => undefined);
        await refusesAll(manager);
      }),
    );

    it.runIf(kind === 'mariadb')('that the server has rolled back after a deadlock', async () => {
      const [first, second] = [await app.addPerson(), await app.addPerson()];
      await Promise.all(Array.from({ length: 20 }, () => app.addPerson()));
      const rival = app.dataSource.createQueryRunner();
      await inTransaction(async (manager) => {
        await rival.startTransaction();
        await manager.query(touch(first.id));
        // The one that has changed less is rolled back.
        await rival.query(`UPDATE person SET email = 'rival' WHERE id > ${second.id}`);
        await rival.query(touch(second.id));
        const waiting = rival.query(touch(first.id));
        await expect(manager.query(touch(second.id))).rejects.toThrow('Deadlock');
        await waiting;
        await rival.rollbackTransaction();
        await refusesAll(manager);
      });
      await rival.release();
    });

    it.runIf(kind === 'mariadb')('that a change of the schema has committed', () =>
      inTransaction(async (manager) => {
        await manager.query('CREATE TABLE IF NOT EXISTS committing (id int)');
        await refusesAll(manager);
      }),
    );

    it.runIf(kind === 'sqlite')('that SQLite has rolled back', async () => {
      // Of its own: TypeORM takes the transaction for open from then on.
      const own = await startSessionApp({ kind });
      const { person, pair } = await own.newcomer();
      await own.dataSource
        .transaction(async (manager) => {
          await manager
            .query(`INSERT OR ROLLBACK INTO person (id) VALUES (${person.id})`)
            .catch(() => undefined);
          await expect(own.revocation.revokeUser(person.id, { manager })).rejects.toEqual(mistake);
          throw new Over();
        })
        .catch(() => undefined);
      expect((await own.whoami(pair.accessToken)).status).toBe(200);
      await own.close();
    });

    it('that is read-only', async () => {
      const readOnly = {
        postgres: 'SET TRANSACTION READ ONLY',
        mariadb: 'SET SESSION TRANSACTION READ ONLY',
        sqlite: 'PRAGMA query_only = 1',
      }[kind];
      const runner = app.dataSource.createQueryRunner();
      if (kind === 'mariadb') await runner.query(readOnly);
      await runner.startTransaction();
      if (kind !== 'mariadb') await runner.query(readOnly);
      const attempt = app.revocation.revokeAll({ manager: runner.manager });
      await expect(attempt).rejects.toEqual(mistake);
      await expect(attempt).rejects.toThrow('read-only');
      await runner.rollbackTransaction();
      if (kind === 'mariadb') await runner.query('SET SESSION TRANSACTION READ WRITE');
      if (kind === 'sqlite') await runner.query('PRAGMA query_only = 0');
      await runner.release();
    });

    it('that is not committed cannot be in force everywhere', () =>
      inTransaction(async (manager) => {
        const attempt = app.revocation.revokeAll({ manager, visibility: 'everywhere' });
        await expect(attempt).rejects.toEqual(mistake);
      }));

    it('that ended before the call did', async () => {
      const { person } = await app.newcomer();
      const attempts: Promise<unknown>[] = [];
      await app.dataSource.transaction((manager) => {
        attempts.push(
          app.revocation.revokeUser(person.id, { manager }).catch((error: unknown) => error),
        );
        return Promise.resolve();
      });
      expect(attempts).toHaveLength(1);
      expect(await attempts[0]).toEqual(mistake);
      expect(await attempts[0]).toMatchObject({ message: expect.stringMatching(/await/i) });
    });
  });

  it('a proxy of a manager works', async () => {
    const { person, pair } = await app.newcomer();
    await app.dataSource.transaction((manager) =>
      app.revocation.revokeUser(person.id, { manager: new Proxy(manager, {}) }),
    );
    expect((await app.whoami(pair.accessToken)).status).toBe(401);
  });
});

describe('the option manager', () => {
  it.each<[string, unknown]>([
    ['a promise', Promise.resolve()],
    ['an object', {}],
    ['another DataSource’s', undefined],
  ])('that gives %s: every call is refused', async (name, gives) => {
    const app = await startSessionApp();
    const { database } = app;
    const other = await database.connect();
    const manager: AmbientManager = () =>
      Object(name.startsWith('another') ? other.manager : gives);
    const wrong = await startSessionApp({ database, synchronize: false, auth: { manager } });
    const person = await wrong.addPerson();
    await expect(wrong.revocation.revokeUser(person.id)).rejects.toEqual(mistake);
    await expect(wrong.sessions.endAll(person.id)).rejects.toBeInstanceOf(RevocationError);
    await wrong.close();
    await app.close();
  });

  it('that throws: the caller sees what it threw', async () => {
    const app = await startSessionApp({ auth: { manager: failing } });
    await expect(app.revocation.revokeAll()).rejects.toThrow(new TypeError('no context'));
    await app.close();
  });

  it.each([null, undefined])('that gives %s: each call has its own transaction', async (none) => {
    const app = await startSessionApp({ auth: { manager: () => none } });
    const { person, pair } = await app.newcomer();
    await app.revocation.revokeUser(person.id);
    expect((await app.whoami(pair.accessToken)).status).toBe(401);
    await app.close();
  });

  it('that is not a function stops the boot', async () => {
    const wrong = withOptions({ manager: { query: () => undefined } });
    const dataSource = await knowing();
    expect(problemsOf(wrong, dataSource)).toEqual([
      expect.stringMatching(/^manager: give a function/),
    ]);
    await dataSource.destroy();
  });
});
