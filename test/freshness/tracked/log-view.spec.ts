/** What one process knows of the log: coverage only rises, and whatever is not known for certain raises it. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { LogPage, LogRow } from '../../../lib/log/log-page.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import { emptyPage } from './support/empty-page.js';

const GRACE = 300_000;
const row = (id: string, seq: number | null, more: Partial<LogRow> = {}): LogRow => ({
  id,
  seq,
  kind: 'subject',
  ref: id,
  code: null,
  seenAt: null,
  ...more,
});

const page = (now: number, more: Partial<LogPage> = {}): LogPage => {
  const head = more.numbered?.at(-1);
  return emptyPage(now, {
    ...(head === undefined || head.seq === null
      ? {}
      : { head: head.seq, headRow: { seq: head.seq, id: head.id } }),
    watchingSince: 1_000,
    maxTokenLife: 60_000,
    ...more,
  });
};
const mark = (id: string, seq: number) => ({
  headRow: { id, seq },
  head: seq,
  anchor: { id, seq },
});

const full = (from: number): Partial<LogPage> => ({
  head: 100,
  headRow: { id: 'r100', seq: 100 },
  anchor: from === 1 ? null : { id: `r${from - 1}`, seq: from - 1 },
  numbered: [row(`r${from}`, from, { ref: 'a' }), row(`r${from + 1}`, from + 1, { ref: 'a' })],
  full: true,
});

describe('LogView', () => {
  let view: LogView;
  beforeEach(() => {
    view = new LogView({ maxEntries: 4, maxBacklog: 5, maxCachedStates: 5 });
  });
  const changed = (...refs: string[]) =>
    refs.filter((ref) => view.overlay.versionOf(ref) !== undefined);

  describe('coverage', () => {
    it('begins when triggers began to watch', () => {
      view.take(page(9_000));
      expect(view.coverage).toBe(1_000);
    });

    it('rises to the purged rows, and does not fall', () => {
      view.take(page(9_000, { purgedThrough: 5_000 }));
      expect(view.coverage).toBe(5_000);
      view.take(page(9_500, { purgedThrough: 2_000 }));
      expect(view.coverage).toBe(5_000);
    });

    it('rises to now with a resync row, and memory is cleared', () => {
      view.take(page(9_000, { numbered: [row('a', 1)] }));
      view.take(page(9_500, { ...mark('a', 1), unnumbered: [row('x', null, { kind: 'resync' })] }));
      expect([view.coverage, view.overlay.size]).toEqual([9_500, 0]);
      // The same row again, with its number, does not raise it anew.
      view.take(
        page(9_900, { anchor: { id: 'a', seq: 1 }, numbered: [row('x', 2, { kind: 'resync' })] }),
      );
      expect(view.coverage).toBe(9_500);
    });

    it('rises to when such a row was seen, for one that finds it later', () => {
      view.take(
        page(9_000, {
          numbered: [row('a', 1), row('x', 2, { kind: 'resync', seenAt: 4_000 }), row('b', 3)],
        }),
      );
      expect([view.coverage, changed('a', 'b')]).toEqual([4_000, ['b']]);
    });

    it('rises to now when more has changed than memory may hold', () => {
      view.take(page(9_000, { unnumbered: ['a', 'b', 'c', 'd'].map((id) => row(id, null)) }));
      expect([view.coverage, view.overlay.size]).toEqual([1_000, 4]);
      view.take(page(9_500, { unnumbered: [row('e', null)] }));
      expect([view.coverage, view.overlay.size]).toEqual([9_500, 0]);
    });

    it('does not rise for a repeated report', () => {
      view.take(page(9_000, { numbered: [row('a', 1), row('b', 2)] }));
      view.take(page(9_500, mark('b', 2)));
      view.take(page(9_900, { ...mark('b', 2), unnumbered: [row('c', null)] }));
      expect([view.coverage, changed('a', 'b', 'c')]).toEqual([1_000, ['a', 'b', 'c']]);
    });
  });

  describe('a log that was replaced', () => {
    beforeEach(() => {
      view.take(page(8_000, { numbered: [row('a', 1), row('b', 2)] }));
      expect(view.coverage).toBe(1_000);
    });

    it.each<[string, Partial<LogPage>]>([
      ['the row at the cursor is another', { ...mark('other', 2) }],
      [
        'there is none',
        { headRow: { id: 'c', seq: 3 }, head: 3, anchor: null, numbered: [row('c', 3)] },
      ],
      ['the head lies behind the cursor', { headRow: { id: 'a', seq: 1 }, head: 1, anchor: null }],
      [
        'the head lies behind, and a row with a higher number is still there',
        { headRow: { id: 'a', seq: 1 }, head: 1, anchor: { id: 'b', seq: 2 } },
      ],
      ['it is empty', { head: 2, headRow: null }],
      ['its last rows are gone', { head: 4, headRow: null, anchor: { id: 'b', seq: 2 } }],
      ['it is empty and begins anew', { head: 0, headRow: null }],
      [
        'a number is missing after the cursor',
        { ...mark('d', 4), anchor: { id: 'b', seq: 2 }, numbered: [row('d', 4)] },
      ],
      [
        'a number is missing further on',
        { ...mark('e', 5), anchor: { id: 'b', seq: 2 }, numbered: [row('c', 3), row('e', 5)] },
      ],
    ])('%s: nothing older is trusted', (_what, found) => {
      expect(view.take(page(9_000, found))).toBe('complete');
      expect([view.coverage, view.overlay.size]).toEqual([9_000, 0]);
      expect(view.position).toBe(found.headRow?.seq ?? 0);
      expect([view.takeRewind(), view.takeRewind()]).toEqual([true, false]);
    });

    it('a row without a number was deleted: nothing older is trusted', () => {
      const here = mark('b', 2);
      view.take(page(8_100, { ...here, unnumbered: [row('c', null), row('d', null)] }));
      // A full page says nothing of the rest.
      view.take(page(8_200, { ...here, unnumbered: [row('c', null)], full: true }));
      expect([view.coverage, view.takeRewind()]).toEqual([1_000, false]);
      const numbered = { ...mark('c', 3), anchor: { id: 'b', seq: 2 }, numbered: [row('c', 3)] };
      view.take(page(8_300, { ...numbered, unnumbered: [row('d', null)] }));
      expect([view.coverage, view.takeRewind()]).toEqual([1_000, false]);
      expect(view.take(page(9_000, mark('c', 3)))).toBe('complete');
      expect([view.coverage, view.takeRewind()]).toEqual([9_000, true]);
    });

    it('it continues from the head', () => {
      view.take(page(9_000, { ...mark('x', 7), anchor: null }));
      view.take(
        page(9_500, { ...mark('y', 8), anchor: { id: 'x', seq: 7 }, numbered: [row('y', 8)] }),
      );
      expect([view.coverage, view.position, changed('y')]).toEqual([9_000, 8, ['y']]);
    });
  });

  it('a process that starts treats gaps as purged rows', () => {
    view.take(page(9_000, { purgedThrough: 3_000, numbered: [row('c', 3), row('f', 6)] }));
    expect([view.coverage, changed('c', 'f')]).toEqual([3_000, ['c', 'f']]);
  });

  it('a process that starts at a log without the row at its head trusts nothing older', () => {
    view.take(page(9_000, { head: 5, headRow: null, numbered: [row('c', 3)] }));
    expect([view.coverage, view.position]).toEqual([9_000, 0]);
  });

  it('the same at a log that was set back to before its first row', () => {
    view.take(page(9_000, { head: 0, headRow: null }));
    expect(view.coverage).toBe(9_000);
  });

  it('a process that has read nothing yet notices that the first rows are missing', () => {
    view.take(page(9_000));
    view.take(page(9_500, { numbered: [row('c', 3)] }));
    expect(view.coverage).toBe(9_500);
  });

  it('rows act before they have a number, and once', () => {
    view.take(page(9_000, { unnumbered: [row('a', null)] }));
    const version = view.overlay.versionOf('a');
    expect(version).toBeDefined();
    view.take(page(9_100, { unnumbered: [row('a', null)] }));
    view.take(page(9_200, { numbered: [row('a', 1)] }));
    expect(view.overlay.versionOf('a')).toBe(version);
    view.take(
      page(9_300, {
        ...mark('b', 2),
        anchor: { id: 'a', seq: 1 },
        numbered: [row('b', 2, { ref: 'a' })],
      }),
    );
    expect(view.overlay.versionOf('a')).not.toBe(version);
  });

  it('after memory was cleared, rows that come back with a number are read again', () => {
    view.take(page(9_000, { unnumbered: [row('a', null)] }));
    view.forgetUntil(9_100);
    view.take(page(9_200, { numbered: [row('a', 1)] }));
    expect(changed('a')).toEqual(['a']);
  });

  it('an entry stays for the longest life of a token, and the tolerance', () => {
    view.take(page(10_000, { numbered: [row('a', 1)] }));
    view.take(page(10_000 + 60_000 + GRACE - 1, mark('a', 1)));
    expect(changed('a')).toEqual(['a']);
    view.take(page(10_000 + 60_000 + GRACE, mark('a', 1)));
    expect(changed('a')).toEqual([]);
  });

  it('cached state is dropped with memory', () => {
    const lookup = { sub: 'a', sid: 's', jti: 't' };
    const { deployment } = page(0);
    view.take(page(9_000));
    view.stateCache.beginRead(lookup)({ now: 9_000, subject: null, denials: [], deployment });
    expect(view.stateCache.ofToken(lookup)).toBeDefined();
    view.forgetUntil(9_100);
    expect(view.stateCache.ofToken(lookup)).toBeUndefined();
  });

  it('cached state is dropped after a gap in the triggers', () => {
    view.take(page(9_000));
    const lookup = { sub: 'a', sid: 's', jti: 't' };
    const state = { now: 9_000, subject: null, denials: [], deployment: page(0).deployment };
    expect(view.stateCache.beginRead(lookup)(state)).toBe(true);
    const underWay = view.stateCache.beginRead(lookup);
    view.take(page(9_100));
    expect(view.stateCache.ofToken(lookup)).toBeDefined();
    view.take(page(9_200, { watchingSince: 9_150 }));
    expect([view.stateCache.ofToken(lookup), underWay(state)]).toEqual([undefined, false]);
    expect(view.coverage).toBe(9_150);
  });

  describe('full pages', () => {
    it('say that nothing is known yet', () => {
      expect(view.take(page(9_000, full(1)))).toBe('more');
      expect(view.take(page(9_001, { ...full(3), full: false }))).toBe('complete');
    });

    it('too many of them in a row: it jumps to the head', () => {
      view.take(page(9_000));
      expect([1, 3].map((from) => view.take(page(9_000 + from, full(from))))).toEqual([
        'more',
        'more',
      ]);
      expect(view.take(page(9_005, full(5)))).toBe('complete');
      expect([view.coverage, view.position]).toEqual([9_005, 100]);
    });

    it('are counted from zero after that', () => {
      view.take(page(9_000));
      for (const from of [1, 3, 5]) view.take(page(9_000, full(from)));
      const next = { ...full(101), head: 200, headRow: { id: 'r200', seq: 200 } };
      expect(view.take(page(9_100, next))).toBe('more');
    });

    it('a process that serves reads no more of them, even if memory has room', () => {
      view = new LogView({ maxEntries: 9, maxBacklog: 2, maxCachedStates: 5 });
      view.take(page(9_000));
      expect([1, 3].map((from) => view.take(page(9_000, full(from))))).toEqual([
        'more',
        'complete',
      ]);
    });

    it('are counted from when the head was reached', () => {
      expect(view.take(page(9_000, full(1)))).toBe('more');
      expect(view.take(page(9_001, { ...full(3), full: false }))).toBe('complete');
      expect([5, 7].map((from) => view.take(page(9_002, full(from))))).toEqual(['more', 'more']);
    });

    it('a process that starts reads as many as memory has room for', () => {
      view = new LogView({ maxEntries: 9, maxBacklog: 2, maxCachedStates: 5 });
      expect([1, 3, 5, 7].map((from) => view.take(page(9_000, full(from))))).toEqual(
        Array.from({ length: 4 }, () => 'more'),
      );
      expect(view.take(page(9_000, full(9)))).toBe('complete');
    });
  });

  it('a part of a flood is not read: nothing older is trusted', () => {
    const flood = { unnumbered: [row('a', null), row('b', null)], isFlooded: true, full: true };
    expect(view.take(page(9_000, flood))).toBe('complete');
    expect([view.coverage, view.overlay.size]).toEqual([9_000, 0]);
  });

  it.each<[string, Partial<LogPage>, RegExp]>([
    ['of a replica', { isReplica: true }, /replica/],
    ['of tables that nothing watches', { watchingSince: null }, /triggers/],
  ])('a page %s is refused and leaves no trace', (_what, flaw, said) => {
    expect(() => view.take(page(9_000, { ...flaw, numbered: [row('a', 1)] }))).toThrow(said);
    expect([view.page, view.position, changed('a')]).toEqual([undefined, 0, []]);
  });
});
