/** A log that is emptied, by DELETE or by TRUNCATE, while processes go on reading it. */
import { afterEach, expect, it } from 'vitest';
import { PendingRevocations } from '../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../lib/freshness/tracked/lease.js';
import { LogReader } from '../../lib/freshness/tracked/log-reader.js';
import { LogView } from '../../lib/freshness/tracked/log-view.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { insertion, type LogProcess, logProcess } from './support/log-process.js';

const ROUNDS = 10;

describeOnDatabases((kind) => {
  let test: TestDatabase;
  const opened: LogProcess[] = [];
  const open = async (synchronize = false) => {
    const process = await logProcess(test, { synchronize });
    opened.push(process);
    return process;
  };
  afterEach(async () => {
    for (const { database } of opened.splice(0)) await database.close();
    await test.drop();
  });

  // SQLite has no TRUNCATE.
  it.each(kind === 'sqlite' ? ['DELETE FROM'] : ['DELETE FROM', 'TRUNCATE TABLE'])(
    '%s: nothing from before is trusted, later changes are known, and the log is complete again',
    async (empty) => {
      test = await createTestDatabase(kind);
      const one = await open(true);
      const { source, database } = one;
      await source.query('UPDATE auth_state SET watching_since = 1');
      const tails = [one, await open()].map(({ stored }) => {
        const view = new LogView({ maxEntries: 100, maxBacklog: 100, maxCachedStates: 100 });
        const memory = { view, lease: new Lease(60_000), pending: new PendingRevocations() };
        return { view, reader: new LogReader(stored, memory, { intervalMs: 5, timeoutMs: 5_000 }) };
      });
      for (const { reader } of tails) await reader.start();
      const now = async () => {
        const [row] = await source.query(`SELECT ${database.dialect.clock} AS now`);
        return Number(row.now);
      };
      const count = async (condition: string) => {
        const found: unknown[] = await source.query(
          `SELECT id FROM auth_revocation WHERE ${condition}`,
        );
        return found.length;
      };
      const atHead = () => count('seq = (SELECT head FROM auth_log_head)');
      const covered = (instant: number) => tails.map(({ view }) => view.coverage >= instant);
      /** Whether no token from before then is believed: for it is among what changed, or for none is. */
      const heeded = (ref: string, instant: number) =>
        tails.map(
          ({ view }) => view.overlay.versionOf(ref) !== undefined || view.coverage >= instant,
        );

      for (let round = 0; round < ROUNDS; round++) {
        const before = insertion();
        await source.query(before.sql);
        const writtenAt = await now();
        await expect.poll(() => heeded(before.id, writtenAt)).toEqual([true, true]);
        await source.query(`${empty} auth_revocation`);
        // In every other round nothing comes after it for a while.
        if (round % 2 === 0) {
          await expect.poll(() => covered(writtenAt)).toEqual([true, true]);
          await expect.poll(atHead).toBe(1);
        }
        const after = insertion();
        await source.query(after.sql);
        const nextAt = await now();
        await expect.poll(() => covered(writtenAt)).toEqual([true, true]);
        await expect.poll(() => heeded(after.id, nextAt)).toEqual([true, true]);
        await expect.poll(() => count('seq IS NULL')).toBe(0);
        await expect.poll(atHead).toBe(1);
      }
      for (const { reader } of tails) {
        await reader.readNow();
        expect(reader.problems).toEqual([]);
        await reader.stop();
      }
    },
  );
});
