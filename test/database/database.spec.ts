import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthDatabase, Statement, Work } from '../../lib/database/database.js';
import { openAuthDatabase } from '../support/open-database.js';
import { RevocationError } from '../../lib/errors/revocation.errors.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';

const add = (ref: string): Statement => ({
  sql: `INSERT INTO denied (ref) VALUES ('${ref}')`,
  params: [],
});
/** Violates the primary key, after everything before it succeeded. */
const twice: Statement = { sql: "INSERT INTO denied (ref) VALUES ('x'), ('x')", params: [] };

/** A refusal that says what to do. */
const refused = (): unknown =>
  expect.objectContaining({
    name: 'InvalidArgumentError',
    code: 'invalid_argument',
    message: expect.stringContaining('Pass'),
  });

const bump = (id: number): string => `UPDATE account SET version = version + 1 WHERE id = ${id}`;

function* adding(...refs: readonly string[]): Work<void> {
  for (const ref of refs) yield add(ref);
}

/** Work that has got as far as to call what it is given; rejects when it fails before that. */
async function begun<T>(run: (arrived: () => void) => Promise<T>): Promise<{ ours: Promise<T> }> {
  return new Promise((resolve, reject) => {
    const ours = run(() => queueMicrotask(() => resolve({ ours })));
    ours.catch(reject);
  });
}

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let auth: AuthDatabase;

  const denied = async (): Promise<unknown[]> =>
    (await auth.read({ sql: 'SELECT ref FROM denied ORDER BY ref', params: [] })).map(
      (row) => row['ref'],
    );

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    // One connection only: what is not released is missed at once.
    dataSource = await database.connect({ poolSize: 1 });
    auth = openAuthDatabase(dataSource);
    await dataSource.query('CREATE TABLE denied (ref varchar(40) PRIMARY KEY)');
  });
  beforeEach(() => dataSource.query('DELETE FROM denied'));
  afterAll(async () => {
    await auth?.close();
    await database?.drop();
  });

  describe('transact', () => {
    it('commits what the work did, and gives what it returns', async () => {
      const result = await auth.transact(function* () {
        yield* adding('a', 'b');
        const { rows, affected } = yield { sql: 'SELECT ref FROM denied ORDER BY ref', params: [] };
        return { refs: rows.map((row) => row['ref']), affected };
      });
      expect(result).toEqual({ refs: ['a', 'b'], affected: 2 });
      expect(await dataSource.query('SELECT ref FROM denied ORDER BY ref')).toEqual([
        { ref: 'a' },
        { ref: 'b' },
      ]);
    });

    it('rolls back everything when the work throws, and throws that very error', async () => {
      const change = new Error('changed my mind');
      const work = auth.transact(function* () {
        yield* adding('a');
        throw change;
      });
      await expect(work).rejects.toBe(change);
      expect(await denied()).toEqual([]);
    });

    it('rolls back everything when a statement fails', async () => {
      const work = auth.transact(function* () {
        yield* adding('a');
        yield twice;
      });
      await expect(work).rejects.toThrow(/unique|duplicate/i);
      expect(await denied()).toEqual([]);
    });

    it('throws a failed statement into the work, which can clean up', async () => {
      let cleaned = false;
      const work = auth.transact(function* () {
        try {
          yield twice;
        } finally {
          cleaned = true;
        }
      });
      await expect(work).rejects.toThrow();
      expect(cleaned).toBe(true);
    });

    it('counts the rows that a change found, changed or not', async () => {
      await auth.transact(() => adding('a', 'b'));
      const affected = (sql: string): Promise<number> =>
        auth.transact(function* () {
          return (yield { sql, params: [] }).affected;
        });
      expect(await affected("UPDATE denied SET ref = ref WHERE ref = 'a'")).toBe(1);
      expect(await affected("UPDATE denied SET ref = 'c' WHERE ref = 'z'")).toBe(0);
      expect(await affected('DELETE FROM denied')).toBe(2);
    });

    it('binds parameters, and does not read them as SQL', async () => {
      const { placeholder } = auth.dialect;
      const hostile = `'); DROP TABLE denied; -- \\' "`;
      await auth.transact(function* () {
        yield { sql: `INSERT INTO denied (ref) VALUES (${placeholder(1)})`, params: [hostile] };
      });
      expect(await denied()).toEqual([hostile]);
    });

    it('returns every connection, after every kind of failure', async () => {
      for (let turn = 0; turn < 5; turn++) {
        // oxlint-disable-next-line no-await-in-loop
        await expect(auth.transact(() => adding('a', 'a'))).rejects.toThrow();
        // oxlint-disable-next-line no-await-in-loop
        await expect(auth.read({ sql: 'SELECT * FROM nowhere', params: [] })).rejects.toThrow(
          /nowhere/,
        );
      }
      await auth.transact(() => adding('a'));
      expect(await denied()).toEqual(['a']);
    });
  });

  it('reads do not see uncommitted changes', async () => {
    // The application's transaction needs a second connection of the pool.
    const application = await database.connect({ poolSize: 2 });
    const auth = openAuthDatabase(application);
    const count = async (): Promise<number> =>
      (await auth.read({ sql: 'SELECT ref FROM denied', params: [] })).length;
    await application.transaction(async (manager) => {
      await manager.query(add('a').sql);
      expect(await count()).toBe(0);
    });
    expect(await count()).toBe(1);
    await auth.close();
  });

  describe('join', () => {
    it("is committed with the caller's transaction", async () => {
      await dataSource.transaction(async (manager) => {
        await manager.query(add('by the caller').sql);
        await auth.join(manager, () => adding('by the library'));
      });
      expect(await denied()).toEqual(['by the caller', 'by the library']);
    });

    it('is rolled back with it', async () => {
      const failed = dataSource.transaction(async (manager) => {
        await auth.join(manager, () => adding('a'));
        throw new Error('the caller failed');
      });
      await expect(failed).rejects.toThrow('the caller failed');
      expect(await denied()).toEqual([]);
    });

    it('gives rows and counts as transact does', async () => {
      const result = await dataSource.transaction((manager) =>
        auth.join(manager, function* () {
          const inserted = yield add('a');
          const updated = yield { sql: "UPDATE denied SET ref = 'b'", params: [] };
          const selected = yield { sql: 'SELECT ref FROM denied', params: [] };
          return [inserted.affected, updated.affected, selected.affected, selected.rows];
        }),
      );
      expect(result).toEqual([1, 1, 1, [{ ref: 'b' }]]);
    });

    it('refuses a manager that is in no transaction', async () => {
      const joining = auth.join(dataSource.manager, () => adding('a'));
      await expect(joining).rejects.toEqual(refused());
      expect(await denied()).toEqual([]);
    });

    it('refuses a manager whose transaction is over', async () => {
      const over = await dataSource.transaction((manager) => Promise.resolve(manager));
      await expect(auth.join(over, () => adding('a'))).rejects.toBeInstanceOf(RevocationError);
      expect(await denied()).toEqual([]);
    });

    it('refuses a manager of another DataSource', async () => {
      const other = await database.connect({ poolSize: 1 });
      const joining = other.transaction((manager) => auth.join(manager, () => adding('a')));
      await expect(joining).rejects.toEqual(refused());
      expect(await denied()).toEqual([]);
    });
  });
});

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let application: DataSource;
    let auth: AuthDatabase;
    let rival: QueryRunner;

    const versions = async (): Promise<unknown[]> =>
      (await application.query('SELECT version FROM account ORDER BY id')).map(
        (row: { version: number }) => row.version,
      );
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      const setup = await database.connect();
      await setup.query('CREATE TABLE account (id int PRIMARY KEY, version int)');
      if (kind === 'postgres') {
        // Who has waited this long looks for a deadlock and is the one to go. The rival waits longer.
        await setup.query(
          `ALTER DATABASE "${setup.driver.database}" SET deadlock_timeout = '300ms'`,
        );
      }
      application = await database.connect();
    });
    beforeEach(async () => {
      auth = openAuthDatabase(application);
      await application.query('DELETE FROM account');
      await application.query('INSERT INTO account VALUES (1, 0), (2, 0), (3, 0), (4, 0)');
      rival = application.createQueryRunner();
    });
    afterEach(() => void vi.useRealTimers());
    afterAll(() => database?.drop());

    /** Locks accounts in the other order than the library does; a deadlock, unless somebody gives way. */
    const race = async (work: (locked: () => void) => Work<void>): Promise<void> => {
      await rival.startTransaction();
      if (kind === 'postgres') await rival.query("SET LOCAL deadlock_timeout = '10s'");
      // InnoDB ends the transaction that changed fewer rows: not this one.
      for (const id of [2, 3, 4]) {
        // oxlint-disable-next-line no-await-in-loop
        await rival.query(bump(id));
      }
      const { ours } = await begun((locked) => auth.transact(() => work(locked)));
      const theirs = rival.query(bump(1)).then(() => rival.commitTransaction());
      try {
        await Promise.all([theirs, ours]);
      } finally {
        await theirs;
        await rival.release();
      }
    };

    it('a transaction that lost a deadlock is run again, from a new generator', async () => {
      let attempts = 0;
      await race(function* (locked) {
        attempts++;
        yield { sql: bump(1), params: [] };
        locked();
        yield { sql: bump(2), params: [] };
      });
      expect(attempts).toBe(2);
      expect(await versions()).toEqual([2, 2, 1, 1]);
    });

    it('sees between its statements what others commit', async () => {
      await rival.startTransaction();
      await rival.query(bump(1));
      await rival.query('INSERT INTO account VALUES (5, 0)');
      const { ours } = await begun((looked) =>
        auth.transact(function* () {
          const count: Statement = { sql: 'SELECT id FROM account', params: [] };
          const before = (yield count).affected;
          looked();
          // Waits for the rival's lock, and so until the rival has committed.
          yield { sql: bump(1), params: [] };
          return [before, (yield count).affected];
        }),
      );
      await rival.commitTransaction();
      await rival.release();
      expect(await ours).toEqual([4, 5]);
    });

    it('after the deadline it is not run again, and says why', async () => {
      // The clock that the deadline is counted by stands still until the test moves it; the timers run.
      vi.useFakeTimers({ toFake: ['performance'] });
      auth = openAuthDatabase(application, { timeoutMs: 10_000 });
      let attempts = 0;
      const lost = race(function* (locked) {
        attempts++;
        yield { sql: bump(1), params: [] };
        locked();
        vi.advanceTimersByTime(10_001);
        yield { sql: bump(2), params: [] };
      });
      await expect(lost).rejects.toThrow(/deadlock/i);
      expect(attempts).toBe(1);
      expect(await versions()).toEqual([1, 1, 1, 1]);
    });
  },
  ['postgres', 'mariadb'],
);
