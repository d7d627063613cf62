import { DataSource, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuthDatabase, Statement, Work } from '../../lib/database/database.js';
import { openAuthDatabase } from '../support/open-database.js';
import { SqliteFileDatabase } from '../../lib/database/sqlite/file.database.js';
import { SqliteMemoryDatabase } from '../../lib/database/sqlite/memory.database.js';
import { createTestDatabase, type TestDatabase } from '../support/databases.js';

const insert = (ref: string): Statement => ({
  sql: 'INSERT INTO denied (ref) VALUES (?)',
  params: [ref],
});
function* revoking(ref: string): Work<void> {
  yield insert(ref);
}
const denied = async (auth: AuthDatabase): Promise<unknown[]> =>
  (await auth.read({ sql: 'SELECT ref FROM denied ORDER BY ref', params: [] })).map(
    (row) => row['ref'],
  );

/** Lets everything that can go on go on. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** As much of better-sqlite3 as registers a function. */
interface Registry {
  function(name: string, body: (text: string) => string): void;
}

/** Whether a promise has settled; it is not waited for. */
function watch(promise: Promise<unknown>): { settled: boolean } {
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  promise.then(settle, settle);
  return state;
}

describe('a SQLite file', () => {
  let database: TestDatabase;
  let application: DataSource;
  let auth: AuthDatabase;
  /** Another request, with a transaction of its own on the connection that all requests share. */
  let request: QueryRunner;

  const open = (timeoutMs?: number): AuthDatabase =>
    openAuthDatabase(application, timeoutMs === undefined ? {} : { timeoutMs });

  beforeEach(async () => {
    database = await createTestDatabase('sqlite');
    application = await database.connect();
    await application.query('CREATE TABLE denied (ref varchar PRIMARY KEY)');
    await application.query('CREATE TABLE article (title varchar)');
    auth = open(30_000);
    // As at boot: the first one opens the file and turns on WAL, for which nobody may be writing.
    await denied(auth);
    request = application.createQueryRunner();
  });
  afterEach(async () => {
    if (request.isTransactionActive) await request.rollbackTransaction();
    await auth.close();
    await database.drop();
  });

  it('a revocation that resolved does not vanish with the rollback of another request', async () => {
    await request.startTransaction();
    await request.query('SELECT * FROM article');
    await auth.transact(() => revoking('stolen token'));
    await request.rollbackTransaction();
    expect(await denied(auth)).toEqual(['stolen token']);
  });

  it('a check does not see rows that another request may still roll back', async () => {
    await request.startTransaction();
    await request.query("INSERT INTO denied (ref) VALUES ('not yet')");
    expect(await denied(auth)).toEqual([]);
    await request.rollbackTransaction();
    expect(await denied(auth)).toEqual([]);
  });

  it('a revocation waits while another request is writing, and the event loop goes on', async () => {
    await request.startTransaction();
    await request.query("INSERT INTO article VALUES ('half a story')");
    // Were the wait inside the driver, nothing below would run before it gave up.
    const revocation = auth.transact(() => revoking('stolen token'));
    const watched = watch(revocation);
    await turns();
    expect(watched.settled).toBe(false);
    await request.query("INSERT INTO article VALUES ('the other half')");
    await request.commitTransaction();
    await revocation;
    expect(await denied(auth)).toEqual(['stolen token']);
    expect(await application.query('SELECT * FROM article')).toHaveLength(2);
  });

  it('checks are answered while another request is writing', async () => {
    await auth.transact(() => revoking('stolen token'));
    await request.startTransaction();
    await request.query("INSERT INTO article VALUES ('half a story')");
    expect(await denied(auth)).toEqual(['stolen token']);
  });

  it('gives up at its deadline, has stored nothing, and says what to do', async () => {
    const hasty = open(50);
    await request.startTransaction();
    await request.query("INSERT INTO article VALUES ('a story without end')");
    await expect(hasty.transact(() => revoking('stolen token'))).rejects.toMatchObject({
      name: 'AuthDatabaseError',
      code: 'SQLITE_BUSY',
      message: expect.stringContaining('pass its manager'),
    });
    await request.commitTransaction();
    expect(await denied(hasty)).toEqual([]);
    await hasty.close();
  });

  it('opens while another request is writing, as soon as that is done', async () => {
    const fresh = await createTestDatabase('sqlite');
    const other = await fresh.connect();
    await other.query('CREATE TABLE denied (ref varchar PRIMARY KEY)');
    const late = openAuthDatabase(other, { timeoutMs: 30_000 });
    const writing = other.createQueryRunner();
    await writing.startTransaction();
    await writing.query("INSERT INTO denied VALUES ('committed')");
    const reading = denied(late);
    const watched = watch(reading);
    await turns();
    expect(watched.settled).toBe(false);
    await writing.commitTransaction();
    expect(await reading).toEqual(['committed']);
    await late.close();
    await fresh.drop();
  });

  it('many at once are all stored, in any order', async () => {
    const second = open(30_000);
    const refs = Array.from(
      { length: 40 },
      (_, index) => `token ${String(index).padStart(2, '0')}`,
    );
    await Promise.all(
      refs.map((ref, index) => (index % 2 === 0 ? auth : second).transact(() => revoking(ref))),
    );
    expect(await denied(second)).toEqual(refs);
    await second.close();
  });

  it.each([
    // Readers and the writer do not wait for each other.
    { pragma: 'journal_mode', row: { journal_mode: 'wal' } },
    // FULL: what is committed survives a power failure.
    { pragma: 'synchronous', row: { synchronous: 2 } },
    { pragma: 'foreign_keys', row: { foreign_keys: 1 } },
    // The driver must not wait: it would block the process.
    { pragma: 'busy_timeout', row: { timeout: 0 } },
  ])('its connection has $row', async ({ pragma, row }) => {
    expect(await auth.read({ sql: `PRAGMA ${pragma}`, params: [] })).toEqual([row]);
  });

  it('waits for the disk in transact(), not in tryTransact()', async () => {
    const level = { sql: 'PRAGMA synchronous', params: [] };
    const asked = function* (): Work<unknown> {
      return (yield level).rows[0]?.['synchronous'];
    };
    expect([await auth.transact(asked), await auth.tryTransact(asked)]).toEqual([2, 1]);
    const failing = auth.tryTransact(function* (): Work<void> {
      yield { sql: 'SELECT nothing', params: [] };
    });
    await expect(failing).rejects.toThrow();
    expect(await auth.transact(asked)).toBe(2);
  });

  it('knows the functions that the application registered', async () => {
    const prepared = await new DataSource({
      type: 'better-sqlite3',
      database: database.url.replace('sqlite:', ''),
      prepareDatabase: (handle: Registry) => handle.function('shout', (text) => `${text}!`),
    }).initialize();
    const own = openAuthDatabase(prepared);
    expect(await own.read({ sql: "SELECT shout('hey') AS text", params: [] })).toEqual([
      { text: 'hey!' },
    ]);
    await own.close();
    await prepared.destroy();
  });

  it('binds booleans as TypeORM does', async () => {
    expect(await auth.read({ sql: 'SELECT ? AS yes, ? AS no', params: [true, false] })).toEqual([
      { yes: 1, no: 0 },
    ]);
  });

  it('refuses every call after it is closed', async () => {
    await denied(auth);
    await auth.close();
    await expect(denied(auth)).rejects.toMatchObject({ code: 'closed' });
    await expect(auth.transact(() => revoking('late'))).rejects.toMatchObject({ code: 'closed' });
    await auth.close();
  });

  it('is opened a second time, and memory is not', async () => {
    expect(auth).toBeInstanceOf(SqliteFileDatabase);
    const memory = await new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
    }).initialize();
    expect(openAuthDatabase(memory)).toBeInstanceOf(SqliteMemoryDatabase);
    await memory.destroy();
  });

  it('needs a DataSource that is initialized', () => {
    const closed = new DataSource({ type: 'better-sqlite3', database: 'never-made.sqlite' });
    expect(() => openAuthDatabase(closed)).toThrow(/Initialize the DataSource/);
  });
});

describe('SQLite in memory', () => {
  let application: DataSource;
  let auth: AuthDatabase;
  let request: QueryRunner;

  beforeEach(async () => {
    application = await new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
    }).initialize();
    await application.query('CREATE TABLE denied (ref varchar PRIMARY KEY)');
    auth = openAuthDatabase(application, { timeoutMs: 30_000 });
    request = application.createQueryRunner();
  });
  afterEach(() => application.destroy());

  it('a revocation waits for the transaction of another request, and outlives its rollback', async () => {
    await request.startTransaction();
    await request.query("INSERT INTO denied VALUES ('taken back')");
    const revocation = auth.transact(() => revoking('stolen token'));
    const watched = watch(revocation);
    await turns();
    expect(watched.settled).toBe(false);
    await request.rollbackTransaction();
    await revocation;
    expect(await denied(auth)).toEqual(['stolen token']);
  });

  it('a check waits too, and sees nothing that was rolled back', async () => {
    await request.startTransaction();
    await request.query("INSERT INTO denied VALUES ('taken back')");
    const check = denied(auth);
    await turns();
    await request.rollbackTransaction();
    expect(await check).toEqual([]);
  });

  it('also for a transaction that TypeORM knows nothing of', async () => {
    await application.query('BEGIN');
    const check = watch(denied(auth));
    await turns();
    expect(check.settled).toBe(false);
    await application.query('COMMIT');
    await expect.poll(() => check.settled).toBe(true);
  });

  it('not for ever', async () => {
    const hasty = openAuthDatabase(application, { timeoutMs: 50 });
    await request.startTransaction();
    await expect(hasty.transact(() => revoking('a'))).rejects.toMatchObject({
      code: 'SQLITE_BUSY',
    });
    await expect(denied(hasty)).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    await request.rollbackTransaction();
  });

  it('joins the transaction of the caller', async () => {
    await application.transaction((manager) => auth.join(manager, () => revoking('stolen token')));
    expect(await denied(auth)).toEqual(['stolen token']);
  });
});
