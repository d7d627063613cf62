/** A log that somebody emptied, and one that this process may not write. */
import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { PendingRevocations } from '../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../lib/freshness/tracked/lease.js';
import { LogReader } from '../../lib/freshness/tracked/log-reader.js';
import { LogView } from '../../lib/freshness/tracked/log-view.js';
import {
  createTestDatabase,
  type DataSourceExtras,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { type LogProcess, insertion, logProcess } from './support/log-process.js';

const viewOf = () => new LogView({ maxEntries: 100, maxBacklog: 100, maxCachedStates: 100 });

async function readInto(view: LogView, { stored, source }: LogProcess): Promise<void> {
  await source.query(`UPDATE auth_state SET watching_since = 1 WHERE watching_since IS NULL`);
  const page = await stored.read(view.position);
  view.take(page);
  await stored.number(page.unnumbered.map(({ id }) => id));
}

describeOnDatabases((kind) => {
  let test: TestDatabase;
  const opened: LogProcess[] = [];
  const open = async (options = {}) => {
    const process = await logProcess(test, options);
    opened.push(process);
    return process;
  };
  afterEach(async () => {
    for (const { database } of opened.splice(0)) await database.close();
    await test.drop();
  });

  it('gets a row at its head once, by which every process clears its memory once', async () => {
    test = await createTestDatabase(kind);
    const one = await open({ synchronize: true });
    const other = await open();
    const views = [viewOf(), viewOf()] as const;
    for (let row = 0; row < 3; row++) await one.source.query(insertion().sql);
    await readInto(views[0], one);
    await readInto(views[0], one);
    await readInto(views[1], other);
    await one.source.query('DELETE FROM auth_revocation');

    await readInto(views[0], one);
    const emptied = views[0].coverage;
    expect(emptied).toBeGreaterThan(1);
    await Promise.all([one.stored.repair(), other.stored.repair()]);
    await one.stored.repair();

    for (const [index, view] of views.entries()) {
      await readInto(view, index === 0 ? one : other);
      const begunAnew = view.coverage;
      expect(begunAnew).toBeGreaterThanOrEqual(emptied);
      await readInto(view, index === 0 ? one : other);
      expect(view.coverage).toBe(begunAnew);
    }
    const rows = await one.source.query('SELECT kind, expires_at FROM auth_revocation');
    // It goes as other rows do.
    expect(rows).toEqual([{ kind: 'resync', expires_at: expect.anything() }]);
    // Who starts later reads that something was lost.
    const later = viewOf();
    await readInto(later, one);
    expect(later.coverage).toBeGreaterThanOrEqual(emptied);
  });

  it('moves a head that was set back to its last row, and every process clears its memory once', async () => {
    test = await createTestDatabase(kind);
    const process = await open({ synchronize: true });
    const view = viewOf();
    const memory = {
      view,
      lease: new Lease(60_000, { monotonic: () => performance.now(), wall: () => Date.now() }),
      pending: new PendingRevocations(),
    };
    await process.source.query(`UPDATE auth_state SET watching_since = 1`);
    for (let row = 0; row < 5; row++) await process.source.query(insertion().sql);
    const reader = new LogReader(process.stored, memory, { intervalMs: 60_000, timeoutMs: 5_000 });
    const written = async () => {
      const [row] = await process.source.query(
        'SELECT head, watching_since AS since FROM auth_log_head CROSS JOIN auth_state',
      );
      return { head: Number(row?.head), hasGap: Number(row?.since) > 1 };
    };
    await reader.readNow();
    await expect.poll(written).toEqual({ head: 5, hasGap: false });
    await reader.readNow();
    const before = view.coverage;
    await expect.poll(() => Date.now()).toBeGreaterThan(before);

    await process.source.query('UPDATE auth_log_head SET head = 2');
    await reader.readNow();
    await reader.readNow();
    // Two transactions, for which the reader does not wait. Each raises the coverage to its own instant.
    await expect.poll(written).toEqual({ head: 5, hasGap: true });
    await reader.readNow();
    const begunAnew = view.coverage;
    expect(begunAnew).toBeGreaterThan(before);
    for (let again = 0; again < 3; again++) await reader.readNow();
    expect([view.coverage, view.position]).toEqual([begunAnew, 5]);
    // And who starts later.
    const later = viewOf();
    await readInto(later, process);
    expect(later.coverage).toBeGreaterThan(before);
    const rows: unknown[] = await process.source.query('SELECT kind FROM auth_revocation');
    expect(rows).toHaveLength(5);
    await reader.stop();
  });

  it('went back to before what one process had read: that process informs the others', async () => {
    test = await createTestDatabase(kind);
    const one = await open({ synchronize: true });
    const other = await open();
    const [ahead, behind] = [viewOf(), viewOf()];
    const write = async () => {
      for (let row = 0; row < 2; row++) await one.source.query(insertion().sql);
      await readInto(ahead, one);
      await readInto(ahead, one);
    };
    await write();
    await readInto(behind, other);
    await write();
    // As a backup of the log alone: rows and head go together.
    await one.source.query(`DELETE FROM auth_revocation WHERE seq > 2`);
    await one.source.query(`UPDATE auth_log_head SET head = 2`);

    await readInto(behind, other);
    expect([behind.coverage, behind.takeRewind()]).toEqual([1, false]);
    await readInto(ahead, one);
    expect(ahead.takeRewind()).toBe(true);
    await one.stored.recordGap();
    await readInto(behind, other);
    expect(behind.coverage).toBeGreaterThanOrEqual(ahead.coverage);
  });

  it('changes nothing if the row at the head is there', async () => {
    test = await createTestDatabase(kind);
    const process = await open({ synchronize: true });
    const view = viewOf();
    await process.source.query(insertion().sql);
    await readInto(view, process);
    await process.stored.repair();
    const rows: unknown = await process.source.query('SELECT kind FROM auth_revocation');
    expect(rows).toEqual([{ kind: 'subject' }]);
  });
});

describeOnDatabases(
  (kind) => {
    describe('the right to write', () => {
      it('is asked for at the start, by every table that needs it', async () => {
        const test = await createTestDatabase(kind);
        const owner = await logProcess(test, { synchronize: true });
        const role = `reader_${Date.now()}`;
        await owner.source.query(`CREATE ROLE ${role} LOGIN`);
        await owner.source.query(`GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ${role}`);
        const url = new URL(test.url);
        url.username = role;
        const reader = await logProcess({ ...test, connect: (more) => connectAs(url, more) });
        await expect(reader.stored.probe()).rejects.toThrow(/permission denied/);
        for (const [right, other] of [
          ['UPDATE', 'DELETE'],
          ['DELETE', 'UPDATE'],
        ]) {
          await owner.source.query(`REVOKE ${other} ON auth_revocation FROM ${role}`);
          await owner.source.query(`GRANT ${right} ON auth_revocation TO ${role}`);
          await expect(reader.stored.probe()).rejects.toThrow(/permission denied.*auth_revocation/);
        }
        await owner.source.query(`GRANT UPDATE, DELETE ON auth_revocation TO ${role}`);
        await expect(reader.stored.probe()).rejects.toThrow(/permission denied.*auth_log_head/);
        await owner.source.query(`GRANT UPDATE ON auth_log_head TO ${role}`);
        await reader.stored.probe();
        await reader.database.close();
        await reader.source.destroy();
        await owner.database.close();
        await owner.source.query(`DROP OWNED BY ${role}`);
        await owner.source.query(`DROP ROLE ${role}`);
        await test.drop();
      });
    });
  },
  ['postgres'],
);

async function connectAs(url: URL, more: DataSourceExtras = {}): Promise<DataSource> {
  const { poolSize = 2, ...extras } = more;
  return new DataSource({ type: 'postgres', url: url.href, ...extras, poolSize }).initialize();
}
