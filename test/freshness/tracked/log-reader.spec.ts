/** The loop around the log: coalesced, and never taking an older read for a newer one. */
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../../lib/freshness/tracked/lease.js';
import {
  LogReader,
  type LogReaderOptions,
  type LogSource,
} from '../../../lib/freshness/tracked/log-reader.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import type { LogPage, LogRow } from '../../../lib/log/log-page.js';
import { ModelDatabase } from '../simulation/database.js';

const page = (database: ModelDatabase, cursor = 0, limit = 10): LogPage =>
  database.page('process', cursor, limit);

const write = (database: ModelDatabase, row: Pick<LogRow, 'kind' | 'ref'>): void =>
  database.commit(database.begin([{ ...row, code: null, issuedBefore: null }], () => undefined));

/** A source whose reads the test answers one by one. */
function heldSource(database: ModelDatabase, options: Partial<LogReaderOptions> = {}) {
  const waiting: ((page: LogPage | Error) => void)[] = [];
  let fails = false;
  let repaired = 0;
  let told = 0;
  const source: LogSource = {
    read: () =>
      new Promise((resolve, reject) => {
        waiting.push((page) => (page instanceof Error ? reject(page) : resolve(page)));
      }),
    number: (ids) => {
      if (fails) return Promise.reject(new Error('denied'));
      database.log.number(ids, database.clock);
      return Promise.resolve();
    },
    repair: () => {
      repaired++;
      return Promise.resolve();
    },
    recordGap: () => {
      told++;
      return fails ? Promise.reject(new Error('denied')) : Promise.resolve();
    },
  };
  const view = new LogView({ maxEntries: 100, maxBacklog: 100, maxCachedStates: 10 });
  const clock = { monotonic: () => database.now, wall: () => database.now };
  const lease = new Lease(100, clock);
  const pending = new PendingRevocations();
  const memory = { view, lease, pending };
  const reader = new LogReader(source, memory, {
    intervalMs: 60_000,
    timeoutMs: 5_000,
    ...options,
  });
  const answer = async (answered: LogPage | Error = page(database, view.position)) => {
    waiting.shift()?.(answered);
    await new Promise(setImmediate);
  };
  const failWriting = (now: boolean) => (fails = now);
  const counts = { repaired: () => repaired, told: () => told };
  return { waiting, view, lease, pending, reader, answer, failWriting, ...counts };
}

describe('LogReader', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('continues at once after a part of a flood has its numbers', async () => {
    const database = new ModelDatabase();
    const { reader, waiting, answer, view } = heldSource(database);
    for (let row = 0; row < 25; row++) write(database, { kind: 'subject', ref: `s${row}` });
    reader.hint();
    await answer();
    expect(view.coverage).toBe(database.now);
    // The page before has 10 of them numbered; nobody hinted.
    for (let page = 0; page < 2; page++) {
      expect(waiting).toHaveLength(1);
      // oxlint-disable-next-line no-await-in-loop
      await answer();
    }
    expect(waiting).toHaveLength(0);
    expect(view.overlay.size).toBeLessThan(25);
  });

  it('reports that the log cannot be written, after some failures in a row', async () => {
    const database = new ModelDatabase();
    const { reader, answer, failWriting } = heldSource(database);
    write(database, { kind: 'subject', ref: 'a' });
    failWriting(true);
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    for (let read = 0; read < 3; read++) {
      expect([reader.problems, warned.mock.calls.length]).toEqual([[], 0]);
      reader.hint();
      // oxlint-disable-next-line no-await-in-loop
      await answer();
    }
    reader.hint();
    await answer();
    expect(warned).toHaveBeenCalledTimes(1);
    expect(reader.problems).toEqual([expect.stringContaining('get no numbers')]);
    failWriting(false);
    reader.hint();
    await answer();
    expect(reader.problems).toEqual([]);
  });

  it('stops reporting it once another process has written the log', async () => {
    const database = new ModelDatabase();
    const { reader, answer, failWriting, view } = heldSource(database);
    write(database, { kind: 'subject', ref: 'a' });
    failWriting(true);
    for (let read = 0; read < 3; read++) {
      reader.hint();
      // oxlint-disable-next-line no-await-in-loop
      await answer();
    }
    expect(reader.problems).toHaveLength(1);
    database.log.number(
      page(database, view.position).unnumbered.map(({ id }) => id),
      database.clock,
    );
    reader.hint();
    await answer();
    expect(reader.problems).toEqual([]);
  });

  it('a flood of hints is one read in flight and one to follow', async () => {
    const { reader, waiting, answer } = heldSource(new ModelDatabase());
    for (let hint = 0; hint < 1_000; hint++) reader.hint();
    expect(waiting).toHaveLength(1);
    await answer();
    expect(waiting).toHaveLength(1);
    await answer();
    expect(waiting).toHaveLength(0);
  });

  it('everything that was committed before the call is known when it resolves', async () => {
    const database = new ModelDatabase();
    database.repair();
    const { reader, view, answer } = heldSource(database);
    reader.hint();
    const before = page(database);
    write(database, { kind: 'token', ref: 'jti' });
    let known = false;
    const read = reader.readNow().then(() => (known = true));
    // The read in flight began before the commit, so it must not count.
    await answer(before);
    expect(known).toBe(false);
    await answer();
    await read;
    expect(view.overlay.tokenDenial('jti')).toBe('token_revoked');
  });

  it('what waits for a read that fails is read after it', async () => {
    const { reader, waiting, answer } = heldSource(new ModelDatabase());
    const failing = expect(reader.readNow()).rejects.toThrow('away');
    const next = reader.readNow();
    await answer(new Error('away'));
    await failing;
    expect(waiting).toHaveLength(1);
    await answer();
    await next;
    reader.hint();
    expect(waiting).toHaveLength(1);
  });

  it('a transaction stays pending until everything from before its end is read, and no longer', async () => {
    const database = new ModelDatabase();
    const { reader, view, pending, answer } = heldSource(database);
    for (const ref of ['a', 'b', 'held']) write(database, { kind: 'subject', ref });
    const transaction = { isTransactionActive: true, isReleased: false };
    pending.add({ kind: 'subject', ref: 'held' }, transaction);
    const isHeld = () => pending.concerns({ sub: 'held', sid: 's', jti: 't' });
    transaction.isTransactionActive = false;
    const read = reader.readNow();
    database.log.number(['row-1', 'row-2', 'row-3'], database.clock);
    await answer(page(database, 0, 2));
    // Its row is on the page that comes next.
    expect([isHeld(), view.overlay.versionOf('held')]).toEqual([true, undefined]);
    await answer(page(database, view.position, 2));
    await read;
    expect(isHeld()).toBe(false);
  });

  it('reports that the log went back, until that is recorded', async () => {
    const database = new ModelDatabase();
    const { reader, answer, told, failWriting } = heldSource(database);
    const read = async () => {
      reader.hint();
      await answer();
      return told();
    };
    for (const ref of ['a', 'b']) write(database, { kind: 'subject', ref });
    expect([await read(), await read(), await read()]).toEqual([0, 0, 0]);
    database.rewind(1);
    failWriting(true);
    expect([await read(), await read()]).toEqual([1, 2]);
    failWriting(false);
    expect([await read(), await read()]).toEqual([3, 3]);
  });

  it('a log without the row at its head gets one, and no other', async () => {
    const database = new ModelDatabase();
    const { reader, answer, repaired } = heldSource(database);
    const read = async () => {
      reader.hint();
      await answer();
    };
    write(database, { kind: 'subject', ref: 'a' });
    await read();
    await read();
    expect(repaired()).toBe(0);
    database.log.lose(1);
    await read();
    expect(repaired()).toBe(1);
  });

  it('a log that was set back to before its first row gets one too', async () => {
    const { reader, answer, repaired } = heldSource(new ModelDatabase());
    reader.hint();
    await answer();
    expect(repaired()).toBe(1);
  });

  it('reports a failure once, and its end', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const told = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    const { reader, answer } = heldSource(new ModelDatabase());
    for (let read = 0; read < 3; read++) {
      reader.hint();
      // oxlint-disable-next-line no-await-in-loop
      await answer(new Error('away'));
    }
    expect([warned.mock.calls.length, told.mock.calls.length]).toEqual([1, 0]);
    for (let read = 0; read < 2; read++) {
      reader.hint();
      // oxlint-disable-next-line no-await-in-loop
      await answer();
    }
    expect([warned.mock.calls.length, told.mock.calls.length]).toEqual([1, 1]);
  });

  it('a lease runs from the beginning of the read, and not when it failed', async () => {
    const database = new ModelDatabase();
    const { reader, lease, answer } = heldSource(database);
    const first = reader.readNow();
    database.now += 60;
    await answer();
    await first;
    database.now += 41;
    expect(lease.isFresh).toBe(false);
    const second = expect(reader.readNow()).rejects.toThrow('away');
    await answer(new Error('away'));
    await second;
    expect(lease.isFresh).toBe(false);
    const third = reader.readNow();
    await answer();
    await third;
    expect(lease.isFresh).toBe(true);
  });

  it('a page of a replica, or of tables without triggers, gives no trust', async () => {
    const database = new ModelDatabase();
    const { reader, lease, answer } = heldSource(database);
    for (const flaw of [{ isReplica: true }, { watchingSince: null }]) {
      const read = expect(reader.readNow()).rejects.toThrow(/replica|triggers/);
      await answer({ ...page(database), ...flaw });
      await read;
      expect(lease.isFresh).toBe(false);
    }
  });

  it('such a page ends the trust at once', async () => {
    const database = new ModelDatabase();
    let evidence = true;
    const { reader, lease, answer } = heldSource(database, { evidence: () => evidence });
    for (const said of [true, false, true]) {
      evidence = said;
      const read = reader.readNow();
      await answer();
      await read;
      expect(lease.isFresh).toBe(said);
    }
  });

  it('a read that takes too long is given up, and its answer dropped', async () => {
    const database = new ModelDatabase();
    const { reader, lease, view, answer } = heldSource(database, { timeoutMs: 20 });
    await expect(reader.readNow()).rejects.toThrow('in time');
    expect(reader.problems).toEqual([expect.stringContaining('cannot be read')]);
    await answer();
    expect([lease.isFresh, view.page]).toEqual([false, undefined]);
    const read = reader.readNow();
    await answer();
    await read;
    expect([lease.isFresh, reader.problems]).toEqual([true, []]);
  });

  it('after stop(), it ignores hints, and waits for the read in flight', async () => {
    const { reader, waiting, answer } = heldSource(new ModelDatabase());
    reader.hint();
    let stopped = false;
    const stop = reader.stop().then(() => (stopped = true));
    reader.hint();
    await new Promise(setImmediate);
    expect([stopped, waiting.length]).toEqual([false, 1]);
    await answer();
    await stop;
    expect(waiting).toHaveLength(0);
  });

  it('after stop(), it also waits for the read that was to follow, and has no timer', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { reader, waiting, answer } = heldSource(new ModelDatabase());
    const started = reader.start();
    await answer();
    await started;
    expect(vi.getTimerCount()).toBe(1);
    reader.hint();
    reader.hint();
    let stopped = false;
    const stop = reader.stop().then(() => (stopped = true));
    expect(vi.getTimerCount()).toBe(0);
    await answer();
    expect([stopped, waiting.length]).toEqual([false, 1]);
    await answer();
    await stop;
  });

  it('continues to read while pages are full, and numbers rows without a number', async () => {
    const database = new ModelDatabase();
    const { reader, view, waiting, answer } = heldSource(database);
    for (const ref of ['a', 'b', 'c']) write(database, { kind: 'subject', ref });
    const read = reader.readNow();
    await answer(page(database, 0, 2));
    expect(waiting).toHaveLength(1);
    await answer(page(database, view.position, 2));
    await read;
    expect(page(database).head).toBe(3);
    expect(['a', 'b', 'c'].every((sub) => view.overlay.versionOf(sub) !== undefined)).toBe(true);
  });
});
