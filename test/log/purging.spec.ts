/** Rows go when nobody can need them: neither a token that they deny, nor a reader that is behind. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Work } from '../../lib/database/database.js';
import { purge as purgeLog } from '../../lib/log/purging.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { hasLockWait } from '../support/lock-waits.js';
import { idsOf, insertion, type LogProcess, logProcess } from './support/log-process.js';

const MINUTE = 60_000;
/** A token's life of one minute and the largest tolerance: as long rows stay after they were seen. */
const KEPT = 6 * MINUTE;

describeOnDatabases((kind) => {
  let test: TestDatabase;
  let process: LogProcess;

  beforeAll(async () => {
    test = await createTestDatabase(kind);
    process = await logProcess(test, { synchronize: true });
  });
  beforeEach(async () => {
    await process.source.query('DELETE FROM auth_revocation');
    await process.source.query('UPDATE auth_log_head SET head = 0, purged_through = 0');
    await process.source.query('UPDATE auth_state SET watching_since = 1');
  });
  afterAll(async () => {
    await process.database.close();
    await test.drop();
  });

  const now = Date.now();
  const dead = now - MINUTE;
  const alive = now + 10 * MINUTE;
  const write = async (rows: readonly Parameters<typeof insertion>[0][]) => {
    for (const row of rows) await process.source.query(insertion(row).sql);
    const seqs = rows.map((row) => (typeof row?.seq === 'number' ? row.seq : 0));
    await process.source.query(`UPDATE auth_log_head SET head = ${Math.max(0, ...seqs)}`);
  };
  const purge = (limit = 100) =>
    process.database.tryTransact(() => purgeLog(process.log.table, limit));
  const left = async (): Promise<unknown[]> => {
    const rows = await process.source.query<{ id: string }[]>(
      'SELECT id FROM auth_revocation ORDER BY id',
    );
    return rows.map(({ id }) => id);
  };

  it('old rows that deny no living token are deleted, and the log records up to when', async () => {
    const seen = now - KEPT - MINUTE;
    await write([
      { id: 'gone 1', expiresAt: dead, seq: 1, sequencedAt: seen - 2_000 },
      { id: 'gone 2', expiresAt: dead, seq: 2, sequencedAt: seen - 1_000 },
      { id: 'denies', expiresAt: alive, seq: 3, sequencedAt: seen },
      { id: 'for ever', expiresAt: 'NULL', seq: 4, sequencedAt: seen },
      { id: 'head', expiresAt: dead, seq: 5, sequencedAt: seen },
    ]);
    expect(await purge()).toEqual({ deleted: 2, more: false });
    expect(await left()).toEqual(['denies', 'for ever', 'head']);
    expect(await process.stored.read(0)).toMatchObject({
      purgedThrough: seen - 1_000,
      headRow: { id: 'head', seq: 5 },
    });
    expect(await purge()).toEqual({ deleted: 0, more: false });
    expect(await process.stored.read(0)).toMatchObject({ purgedThrough: seen - 1_000 });
  });

  it('a row of a transaction that committed late stays for a token life after it was seen', async () => {
    await write([
      { id: 'late', expiresAt: dead, seq: 1, sequencedAt: now - 5 * MINUTE },
      // The one between was taken out by hand.
      { id: 'next', expiresAt: alive, seq: 3, sequencedAt: now - MINUTE },
    ]);
    expect(await purge()).toEqual({ deleted: 0, more: false });
  });

  it('the row before a young one stays, because readers continue from it', async () => {
    await write([
      { id: 'a', expiresAt: dead, seq: 1, sequencedAt: now - 10 * KEPT },
      { id: 'b cursor', expiresAt: dead, seq: 2, sequencedAt: now - 9 * KEPT },
      { id: 'c young', expiresAt: alive, seq: 3, sequencedAt: now - 1_000 },
    ]);
    expect(await purge()).toEqual({ deleted: 1, more: false });
    expect(await process.stored.read(2)).toMatchObject({
      anchor: { id: 'b cursor' },
      numbered: [{ id: 'c young' }],
    });
  });

  it('a longer token life keeps rows longer', async () => {
    const seen = now - KEPT - MINUTE;
    await process.source.query(`UPDATE auth_state SET max_token_life = ${3 * MINUTE}`);
    await write([
      { id: 'a', expiresAt: dead, seq: 1, sequencedAt: seen },
      { id: 'b', expiresAt: dead, seq: 2, sequencedAt: seen },
    ]);
    expect(await purge()).toEqual({ deleted: 0, more: false });
    await process.source.query(`UPDATE auth_state SET max_token_life = ${MINUTE}`);
    expect(await purge()).toEqual({ deleted: 1, more: false });
  });

  // Whether triggers watch or not: strict processes need the denials of late transactions as much.
  it.each(['1', 'NULL'])(
    'a row without a number gets one first: watching since %s',
    async (since) => {
      await process.source.query(`UPDATE auth_state SET watching_since = ${since}`);
      await write([
        { id: 'dead', expiresAt: dead },
        { id: 'alive', expiresAt: alive },
      ]);
      expect(await purge()).toEqual({ deleted: 0, more: false });
      const rows: { seq: unknown; sequenced_at: unknown }[] = await process.source.query(
        'SELECT seq, sequenced_at FROM auth_revocation ORDER BY seq',
      );
      expect(rows.map(({ seq }) => Number(seq))).toEqual([1, 2]);
      for (const row of rows) expect(Number(row.sequenced_at)).toBeGreaterThanOrEqual(now);
    },
  );

  it('rows that another realm has not read stay', async () => {
    const other = await logProcess(test, { realm: 'admin' });
    await process.source.query(insertion({ id: 'theirs', realm: 'admin' }).sql);
    await write([{ id: 'ours' }]);
    await purge();
    expect(idsOf((await process.stored.read(0)).numbered)).toEqual(['ours']);
    expect(idsOf((await other.stored.read(0)).unnumbered)).toEqual(['theirs']);
    await other.database.close();
  });

  it('a denial of a transaction that was long open outlives what was renewed before its commit', async () => {
    await process.source.query('UPDATE auth_state SET watching_since = NULL');
    // Written twenty minutes ago, for tokens from then; committed now. Until now a session was renewed.
    await write([{ id: 'denial', kind: 'session', expiresAt: now - 20 * MINUTE + KEPT }]);
    await purge();
    await process.source.query(
      insertion({ id: 'next', seq: 2, sequencedAt: now - KEPT - MINUTE }).sql,
    );
    await process.source.query('UPDATE auth_log_head SET head = 2');
    const seenAgo = async (ms: number) => {
      await process.source.query(
        `UPDATE auth_revocation SET sequenced_at = ${Date.now() - ms} WHERE id = 'denial'`,
      );
      await purge();
      return left();
    };
    expect(await seenAgo(0)).toContain('denial');
    expect(await seenAgo(KEPT - MINUTE)).toContain('denial');
    expect(await seenAgo(KEPT + MINUTE)).toEqual(['next']);
  });

  it('the instant up to which the log is incomplete only rises', async () => {
    const seen = now - 2 * KEPT;
    await write([
      { id: 'later', expiresAt: dead - MINUTE, seq: 2, sequencedAt: seen },
      { id: 'earlier', expiresAt: dead, seq: 1, sequencedAt: seen - MINUTE },
      { id: 'head', seq: 3, sequencedAt: seen },
    ]);
    for (const id of ['earlier', 'head']) {
      expect(await purge(1)).toMatchObject({ deleted: 1 });
      expect(await left()).toContain(id);
      expect(await process.stored.read(0)).toMatchObject({ purgedThrough: seen });
    }
  });

  it('after a batch without a row to delete, nothing more is to do', async () => {
    await write([
      { id: 'before', expiresAt: dead, seq: 1, sequencedAt: now - 2 * KEPT },
      { id: 'young', seq: 2, sequencedAt: now },
      { id: 'head', seq: 3, sequencedAt: now },
    ]);
    expect(await purge(1)).toEqual({ deleted: 0, more: false });
  });

  it.runIf(kind === 'postgres')(
    'the time when a row is read counts, not the start of the purge',
    async () => {
      const { database, log, source } = process;
      function* slowly(): Work<unknown> {
        const work = purgeLog(log.table, 100);
        let step = work.next();
        for (let statement = 0; step.done !== true; statement++) {
          const result = yield step.value;
          if (statement === 0) yield { sql: 'SELECT pg_advisory_xact_lock(1)', params: [] };
          step = work.next(result);
        }
        return step.value;
      }
      const holder = source.createQueryRunner();
      await holder.query('SELECT pg_advisory_lock(1)');
      const purging = database.tryTransact(slowly);
      await expect.poll(() => hasLockWait(source, 'postgres')).toBe(true);
      await source.query(insertion({ id: 'late' }).sql);
      const { now: committedAt } = await process.stored.read(0);
      await holder.query('SELECT pg_advisory_unlock(1)');
      await holder.release();
      await purging;
      const [row] = await source.query('SELECT sequenced_at FROM auth_revocation');
      expect(Number(row.sequenced_at)).toBeGreaterThanOrEqual(committedAt);
    },
  );

  /** So many rows, numbered from 1, that nobody needs any more. */
  const writeOld = (count: number) =>
    write(
      Array.from({ length: count }, (_, index) => ({
        expiresAt: dead,
        seq: index + 1,
        sequencedAt: now - 2 * KEPT,
      })),
    );

  it('a batch at a time', async () => {
    await writeOld(8);
    const batches = [await purge(4)];
    while (batches.at(-1)?.more === true) batches.push(await purge(4));
    expect(batches.length).toBeGreaterThan(1);
    const deleted = batches.map((batch) => batch?.deleted ?? 0);
    expect(Math.max(...deleted)).toBeLessThanOrEqual(4);
    // The row at the head stays.
    expect(deleted.reduce((sum, count) => sum + count)).toBe(7);
  });

  it('continues if somebody removed the numbers', async () => {
    await writeOld(8);
    await process.source.query('UPDATE auth_revocation SET seq = NULL');
    // It numbers four of them, and deletes none: their time begins anew.
    expect(await purge(4)).toEqual({ deleted: 0, more: true });
  });

  it('does nothing while another process numbers or purges', async () => {
    await write([
      { expiresAt: dead, seq: 1, sequencedAt: 1 },
      { expiresAt: dead, seq: 2, sequencedAt: 1 },
    ]);
    const holder = process.source.createQueryRunner();
    await holder.startTransaction();
    await holder.query('UPDATE auth_log_head SET head = 2');
    expect((await purge())?.deleted ?? 0).toBe(0);
    await holder.rollbackTransaction();
    await holder.release();
    expect((await purge())?.deleted).toBe(1);
  });
});
