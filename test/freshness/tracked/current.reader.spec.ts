import { describe, expect, it } from 'vitest';
import type { AuthState } from '../../../lib/decision/auth-state.js';
import type { LogRow } from '../../../lib/log/log-page.js';
import { CurrentReader } from '../../../lib/freshness/tracked/current.reader.js';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../../lib/freshness/tracked/lease.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import { emptyPage } from './support/empty-page.js';

const BOUND = 100;
const TIMEOUT = 1_000;
const lookup = { sub: 'alice', sid: 's1', jti: 't1' };
const { deployment } = emptyPage(0);

/** A reader beside a memory, with clocks that the test moves and answers that it gives. */
function readerOf() {
  const clocks = { now: 1_000_000, wallStep: 0 };
  const memory = {
    view: new LogView({ maxEntries: 100, maxBacklog: 100, maxCachedStates: 100 }),
    lease: new Lease(BOUND, {
      monotonic: () => clocks.now,
      wall: () => clocks.now + clocks.wallStep,
    }),
    pending: new PendingRevocations(),
  };
  const sent: (() => void)[] = [];
  const asked: (() => void)[] = [];
  const reader = new CurrentReader(
    memory,
    {
      read: (_, sending) =>
        new Promise<AuthState>((resolve) => {
          const { now } = clocks;
          sent.push(() => sending?.());
          asked.push(() => resolve({ now, subject: null, denials: [], deployment }));
        }),
    },
    TIMEOUT,
  );
  /** Nobody numbers them, so that each page has all. */
  const unnumbered: LogRow[] = [];
  const told = (row: Pick<LogRow, 'kind' | 'ref'>) => {
    unnumbered.push({
      ...row,
      id: `row-${unnumbered.length}`,
      seq: null,
      code: null,
      seenAt: null,
    });
    return memory.view.take(emptyPage(clocks.now, { unnumbered }));
  };
  told({ kind: 'subject', ref: 'bob' });
  return { clocks, reader, told, sent, asked, memory };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('an answer is read again', () => {
  it.each([
    ['the subject', { kind: 'subject', ref: 'alice' }],
    ['the session', { kind: 'session', ref: 's1' }],
    ['the token', { kind: 'token', ref: 't1' }],
    ['everybody', { kind: 'all', ref: '*' }],
    ['the key', { kind: 'key', ref: 'k1' }],
    ['what nobody saw', { kind: 'resync', ref: '*' }],
  ] as const)('when the log reported %s meanwhile', async (_, row) => {
    const { reader, told, asked } = readerOf();
    const answer = reader.read(lookup);
    told(row);
    asked[0]?.();
    await turn();
    expect(asked).toHaveLength(2);
    asked[1]?.();
    expect(await answer).toMatchObject({ subject: null });
  });

  it.each([
    ['both clocks', () => ({ now: BOUND + 1, wallStep: 0 })],
    ['the wall clock alone, as after suspend', () => ({ now: 0, wallStep: BOUND + 1 })],
    ['a wall clock that was set back', () => ({ now: 1, wallStep: -10 })],
  ])('when the bound is over by %s', async (_, move) => {
    const { reader, clocks, asked } = readerOf();
    const answer = reader.read(lookup);
    const { now, wallStep } = move();
    clocks.now += now;
    clocks.wallStep += wallStep;
    asked[0]?.();
    await turn();
    expect(asked).toHaveLength(2);
    asked[1]?.();
    await answer;
  });
});

describe('an answer is accepted', () => {
  it('when the log reported it before the statement was sent', async () => {
    const { reader, told, sent, asked, memory } = readerOf();
    const answer = reader.read(lookup);
    told({ kind: 'resync', ref: '*' });
    told({ kind: 'subject', ref: 'alice' });
    sent[0]?.();
    asked[0]?.();
    await answer;
    expect(asked).toHaveLength(1);
    expect(memory.view.stateCache.ofSubject('alice')).toMatchObject({ subject: null });
  });

  it('when the log reported only others, within the bound', async () => {
    const { reader, told, clocks, asked } = readerOf();
    const answer = reader.read(lookup);
    told({ kind: 'subject', ref: 'bob' });
    told({ kind: 'session', ref: 'other' });
    clocks.now += BOUND;
    asked[0]?.();
    await answer;
    expect(asked).toHaveLength(1);
  });
});

it('gives up after the timeout, with 503', async () => {
  const { reader, clocks, asked } = readerOf();
  const answer = expect(reader.read(lookup)).rejects.toMatchObject({ status: 503 });
  for (let read = 0; read < 20; read++) {
    clocks.now += BOUND + 1;
    asked[read]?.();
    // oxlint-disable-next-line no-await-in-loop
    await turn();
  }
  await answer;
  expect(asked.length).toBeLessThan(12);
});

it('caches what it read, unless it was old when it arrived', async () => {
  const { reader, told, asked, memory } = readerOf();
  told({ kind: 'subject', ref: 'alice' });
  const answer = reader.read(lookup);
  told({ kind: 'subject', ref: 'alice' });
  asked[0]?.();
  await turn();
  expect(memory.view.stateCache.ofSubject('alice')).toBeUndefined();
  asked[1]?.();
  await answer;
  expect(memory.view.stateCache.ofSubject('alice')).toBeDefined();
});
