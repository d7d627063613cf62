/** Rows are numbered when they are seen, so that a reader with a cursor misses none. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFailed,
  onTestFinished,
  vi,
} from 'vitest';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { idsOf, insertion, type LogProcess, logProcess } from './support/log-process.js';
import { StoredLog } from '../../lib/log/stored-log.js';
import { AUTH_ENTITIES } from '../../lib/database/tables.js';
import { openAuthDatabase } from '../support/open-database.js';
import { authTables } from '../../lib/database/tables.js';
import { deploymentKey } from '../../lib/log/deployment-row.js';

// As it is, and counted.
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>();
  return { ...timers, setTimeout: vi.fn(timers.setTimeout) };
});

describeOnDatabases((kind) => {
  let test: TestDatabase;
  let processes: LogProcess[];
  let first: LogProcess;

  beforeAll(async () => {
    test = await createTestDatabase(kind);
    first = await logProcess(test, { synchronize: true, pageSize: 20 });
    processes = [first];
    for (let more = 0; more < 2; more++) processes.push(await logProcess(test, { pageSize: 20 }));
    await first.source.query('UPDATE auth_state SET watching_since = 1');
  });
  beforeEach(async () => {
    await first.source.query('DELETE FROM auth_revocation');
    await first.source.query('UPDATE auth_log_head SET head = 0, purged_through = 0');
  });
  afterAll(async () => {
    await Promise.all(processes.map(({ database }) => database.close()));
    await test.drop();
  });

  const write = async (row: Parameters<typeof insertion>[0] = {}): Promise<string> => {
    const { id, sql } = insertion(row);
    await first.source.query(sql);
    return id;
  };
  /** A transaction of somebody else's; SQLite has one writer, so there it writes when it ends. */
  const transaction = async (isolation: 'READ COMMITTED' | 'REPEATABLE READ') => {
    const runner = first.source.createQueryRunner();
    if (kind !== 'sqlite') await runner.startTransaction(isolation);
    const late: string[] = [];
    return {
      runner,
      async write(): Promise<string> {
        const { id, sql } = insertion();
        if (kind === 'sqlite') late.push(sql);
        else await runner.query(sql);
        return id;
      },
      async commit() {
        if (kind === 'sqlite') await runner.startTransaction();
        for (const sql of late) await runner.query(sql);
        await runner.commitTransaction();
        await runner.release();
      },
    };
  };

  it('a row is seen at once, numbered after, and seen once more with its number', async () => {
    const a = await write();
    const seen = await first.stored.read(0);
    expect([idsOf(seen.unnumbered), seen.numbered, seen.head]).toEqual([[a], [], 0]);
    await first.stored.number([a]);
    const again = await first.stored.read(0);
    expect(again).toMatchObject({
      head: 1,
      headRow: { seq: 1, id: a },
      unnumbered: [],
      numbered: [
        { id: a, seq: 1, kind: 'subject', ref: a, code: null, seenAt: expect.any(Number) },
      ],
      full: false,
    });
    expect(await first.stored.read(1)).toMatchObject({ anchor: { seq: 1, id: a }, numbered: [] });
  });

  it('a transaction that commits after later ones is behind them, and is not missed', async () => {
    const long = await transaction('READ COMMITTED');
    const early = await long.write();
    const late = await write();
    const page = await first.stored.read(0);
    expect(idsOf(page.unnumbered)).toEqual([late]);
    // While the other insert is not committed: nobody waits for it.
    await first.stored.number(idsOf(page.unnumbered));
    expect(idsOf((await first.stored.read(0)).numbered)).toEqual([late]);
    await long.commit();
    expect(await first.stored.read(1)).toMatchObject({ numbered: [], unnumbered: [{ id: early }] });
    await first.stored.number([early]);
    expect(await first.stored.read(1)).toMatchObject({
      numbered: [{ id: early, seq: 2 }],
      head: 2,
    });
  });

  it.runIf(kind !== 'sqlite')(
    'a long transaction that has revoked somebody does not stop the numbering',
    async () => {
      const runner = first.source.createQueryRunner();
      await runner.startTransaction('REPEATABLE READ');
      await first.database.join(runner.manager, () =>
        first.log.append({ kind: 'subject', ref: 'alice' }),
      );
      await first.database.join(runner.manager, () => first.log.renewGeneration('g'));
      const other = await write();
      await first.stored.number([other]);
      expect(await first.stored.read(0)).toMatchObject({ head: 1, numbered: [{ id: other }] });
      await runner.rollbackTransaction();
      await runner.release();
    },
  );

  it('all rows but one are numbered while that one is not committed', async () => {
    // So many that a plan which reads the whole table would be the cheaper one.
    const long = await transaction('READ COMMITTED');
    const ids = [await write()];
    const open = await long.write();
    while (ids.length < 150) ids.push(await write());
    if (kind === 'mariadb') await first.source.query('ANALYZE TABLE auth_revocation');
    await first.stored.number(ids);
    expect((await first.stored.read(149)).numbered).toMatchObject([{ id: ids[149], seq: 150 }]);
    await long.commit();
    expect(idsOf((await first.stored.read(150)).unnumbered)).toEqual([open]);
  });

  it('leaves the numbering to the process that has begun it', async () => {
    const id = await write();
    const holder = first.source.createQueryRunner();
    await holder.startTransaction();
    await holder.query("UPDATE auth_log_head SET head = 0 WHERE realm = 'jwt'");
    await processes[1]?.stored.number([id]);
    await holder.rollbackTransaction();
    await holder.release();
    expect(await first.stored.read(0)).toMatchObject({ head: 0, unnumbered: [{ id }] });
    await processes[1]?.stored.number([id]);
    expect(await first.stored.read(0)).toMatchObject({ head: 1, unnumbered: [] });
  });

  it('a row keeps its number, a deleted row gets none, and no number is given twice', async () => {
    const [a, b] = [await write(), await write()];
    await first.stored.number([a, b, a, 'no such row']);
    const c = await write();
    await first.stored.number([b, c, a]);
    expect((await first.stored.read(0)).numbered.map(({ id, seq }) => [id, seq])).toEqual([
      [a, 1],
      [b, 2],
      [c, 3],
    ]);
    // As after a part of a backup came back.
    await first.source.query('UPDATE auth_log_head SET head = 1');
    const d = await write();
    await first.stored.number([d]);
    expect(await first.stored.read(3)).toMatchObject({ head: 4, numbered: [{ id: d, seq: 4 }] });
  });

  it('after the log was emptied or set back, the next numbers record that it is incomplete', async () => {
    const purgedThrough = async () => (await first.stored.read(0)).purgedThrough;
    const number = async () => first.stored.number([await write()]);
    await number();
    await number();
    expect(await purgedThrough()).toBe(0);
    const began = (await first.stored.read(0)).now;
    await first.source.query('DELETE FROM auth_revocation');
    await number();
    const emptied = await purgedThrough();
    expect(emptied).toBeGreaterThanOrEqual(began);
    expect(await first.stored.read(0)).toMatchObject({ head: 3, headRow: { seq: 3 } });
    await first.source.query('UPDATE auth_log_head SET head = 1, purged_through = 0');
    await number();
    expect(await purgedThrough()).toBeGreaterThanOrEqual(emptied);
  });

  it('realms do not see each other', async () => {
    const other = await logProcess(test, { realm: 'admin' });
    const id = await write({ realm: 'admin' });
    expect(await first.stored.read(0)).toMatchObject({ numbered: [], unnumbered: [] });
    await other.stored.number([id]);
    expect(await other.stored.read(0)).toMatchObject({ head: 1, numbered: [{ id }] });
    expect(await first.stored.read(0)).toMatchObject({ head: 0, headRow: null, numbered: [] });
    const own = await write();
    await first.stored.number([own]);
    expect(await first.stored.read(0)).toMatchObject({
      headRow: { id: own },
      numbered: [{ id: own }],
    });
    expect(await other.stored.read(0)).toMatchObject({ headRow: { id }, numbered: [{ id }] });
    await first.source.query("DELETE FROM auth_revocation WHERE realm = 'jwt'");
    await first.source.query("UPDATE auth_log_head SET head = 0 WHERE realm = 'jwt'");
    for (let row = 0; row < 2; row++) await other.stored.number([await write({ realm: 'admin' })]);
    await first.stored.number([await write()]);
    expect(await first.stored.read(0)).toMatchObject({ head: 1, purgedThrough: 0 });
    await other.database.close();
  });

  describe('pages', () => {
    it('are cut, by number, and say so', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 45; index++) ids.push(await write());
      await first.stored.number(ids);
      const seen: string[] = [];
      const full: boolean[] = [];
      for (let position = 0; position < 45; position = seen.length) {
        const page = await first.stored.read(position);
        expect(page.anchor?.id ?? null).toBe(seen.at(-1) ?? null);
        seen.push(...idsOf(page.numbered));
        full.push(page.full);
      }
      expect([seen, full]).toEqual([ids, [true, true, false]]);
    });

    it('are in the order of numbers, wherever the rows lie', async () => {
      const seqs = Array.from({ length: 30 }, (_, index) => index + 1);
      for (const seq of seqs.toReversed()) await write({ id: `row ${seq}`, seq, sequencedAt: 1 });
      await first.source.query('UPDATE auth_log_head SET head = 30');
      const { numbered } = await first.stored.read(0);
      expect(numbered.map(({ seq }) => seq)).toEqual(seqs.slice(0, 20));
    });

    it('with all rows are neither full nor part of a flood', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 20; index++) ids.push(await write());
      expect(await first.stored.read(0)).toMatchObject({ isFlooded: false, full: false });
      await first.stored.number(ids);
      expect(await first.stored.read(0)).toMatchObject({ isFlooded: false, full: false });
    });

    it.runIf(kind === 'mariadb')('of a session without autocommit may be old', async () => {
      const source = await test.connect({ entities: [...AUTH_ENTITIES], poolSize: 1 });
      await source.query('SET SESSION autocommit = 0');
      const database = openAuthDatabase(source);
      const tables = authTables(source, database.dialect);
      const stored = new StoredLog({ database, tables, realm: 'jwt', process: 'p' });
      await expect(stored.read(0)).rejects.toThrow('autocommit off');
      await source.destroy();
    });

    it('with too many rows without a number report that, and the head', async () => {
      const head = await write();
      await first.stored.number([head]);
      for (let index = 0; index < 21; index++) await write();
      const page = await first.stored.read(0);
      expect([page.unnumbered.length, page.full, page.headRow?.id]).toEqual([20, true, head]);
    });

    it.runIf(kind === 'sqlite')(
      'of a flood get their numbers once its writer has had time to copy it into the file',
      async () => {
        // The flood of an earlier test is over.
        await first.stored.read(0);
        for (let index = 0; index < 41; index++) await write();
        // This clock is stepped by hand: on a busy machine, time passes between any two lines. Timers are real.
        vi.useFakeTimers({ toFake: ['performance'] });
        onTestFinished(() => void vi.useRealTimers());
        vi.mocked(sleep).mockClear();
        const began = process.hrtime.bigint();
        const { unnumbered } = await first.stored.read(0);
        await first.stored.number(idsOf(unnumbered));
        // A timer counts from when its turn of the event loop began.
        expect(process.hrtime.bigint() - began).toBeGreaterThan(900_000_000n);
        vi.advanceTimersByTime(1_000);
        // It is still the same flood, and then over.
        for (const isFlooded of [true, false]) {
          const page = await first.stored.read(0);
          expect(page.isFlooded).toBe(isFlooded);
          await first.stored.number(idsOf(page.unnumbered));
        }
        await first.stored.number([await write()]);
        expect(vi.mocked(sleep).mock.calls.map(([ms]) => ms)).toEqual([1_000]);
        expect((await first.stored.read(0)).head).toBe(42);
      },
    );

    it('contain kinds and codes that this version does not know', async () => {
      await write({ kind: 'from the future', ref: 'x' });
      await first.source.query("UPDATE auth_revocation SET code = 'because'");
      const { unnumbered } = await first.stored.read(0);
      expect(unnumbered).toMatchObject([{ kind: 'resync', code: 'token_revoked' }]);
      await first.stored.number(idsOf(unnumbered));
      // When it was seen says nothing where nobody here knows of what.
      const { numbered } = await first.stored.read(0);
      expect(numbered).toMatchObject([{ kind: 'resync', seq: 1, seenAt: null }]);
    });

    it('contain the time and the deployment, and show that the server is not a replica', async () => {
      const page = await first.stored.read(0);
      expect(page).toMatchObject({
        isReplica: false,
        watchingSince: 1,
        maxTokenLife: 60_000,
        purgedThrough: 0,
        deployment: {
          generation: 'g',
          key: deploymentKey('k'),
          issuedBefore: 0,
          withdrawnKeys: new Set(),
        },
      });
      expect(Math.abs(page.now - Date.now())).toBeLessThan(60_000);
    });
  });

  it.runIf(kind !== 'sqlite')(
    'the time of a read that had to wait is not before what it saw',
    async () => {
      // By it readers decide which tokens are from before what they skip.
      const holder = first.source.createQueryRunner();
      const [lock, unlock, wait] =
        kind === 'postgres'
          ? ['LOCK TABLE auth_revocation IN ACCESS EXCLUSIVE MODE', 'COMMIT', 'pg_sleep(0.2)']
          : ['LOCK TABLES auth_revocation WRITE', 'UNLOCK TABLES', 'SLEEP(0.2)'];
      if (kind === 'postgres') await holder.query('BEGIN');
      await holder.query(lock);
      const reading = first.stored.read(0);
      await holder.query(`SELECT ${wait}`);
      const { id, sql } = insertion();
      await holder.query(sql);
      const { dialect } = first.database;
      const [{ now, clock }] = await holder.query(
        `SELECT ${dialect.now} AS now, ${dialect.clock} AS clock`,
      );
      await holder.query(unlock);
      await holder.release();
      const page = await reading;
      expect(idsOf(page.unnumbered)).toEqual([id]);
      expect(page.now).toBeGreaterThanOrEqual(Number(now));
      // What was committed before it began it saw, and nothing is said of later.
      expect(page.startedAt).toBeLessThan(Number(clock));
    },
  );

  it('a log without a row for the realm cannot be read', async () => {
    await first.source.query("DELETE FROM auth_log_head WHERE realm = 'jwt'");
    await expect(first.stored.read(0)).rejects.toThrow(/auth_log_head/);
    await first.database.transact(() => first.log.prepare('other', 'other', 1));
    expect(await first.stored.read(0)).toMatchObject({ head: 0, deployment: { generation: 'g' } });
  });

  it('with writers, numberers and readers at once no row is missed, in any order', async () => {
    const seed = Number(process.env['NUMBERING_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    onTestFailed(() => console.error(`NUMBERING_SEED=${seed}`));
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >> 8) % below;
    };
    const written: string[] = [];
    let writing = true;
    /** Commits transactions of several rows, of which up to three are open at once, in any order. */
    const writer = async () => {
      const open: Awaited<ReturnType<typeof transaction>>[] = [];
      for (let left = 40; left > 0 || open.length > 0; left--) {
        if (left > 0 && open.length < 3) {
          const next = await transaction(random(2) === 0 ? 'READ COMMITTED' : 'REPEATABLE READ');
          for (let rows = 1 + random(3); rows > 0; rows--) written.push(await next.write());
          open.push(next);
        } else {
          const [done] = open.splice(random(open.length), 1);
          await done?.commit();
        }
      }
      writing = false;
    };
    /** Follows the log by its cursor alone; what it saw without a number does not count. */
    const reader = async ({ stored }: LogProcess) => {
      const seen: string[] = [];
      let head = 0;
      let position = 0;
      for (let last = false; ;) {
        const page = await stored.read(position);
        expect(page.head).toBeGreaterThanOrEqual(head);
        head = page.head;
        // Never a gap: what follows the cursor is the next number.
        for (const { seq, id } of page.numbered) {
          expect(seq).toBe(++position);
          seen.push(id);
        }
        await stored.number(idsOf(page.unnumbered));
        if (last && page.numbered.length === 0 && page.unnumbered.length === 0) return seen;
        last = !writing;
      }
    };
    const [, ...logs] = await Promise.all([writer(), ...processes.map(reader)]);
    expect(written.length).toBeGreaterThan(30);
    for (const log of logs) {
      expect(log).toEqual(logs[0]);
      expect([...log].sort()).toEqual([...written].sort());
    }
  });
});
