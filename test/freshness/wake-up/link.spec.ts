/** What becomes of links that only seem to work. */
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LinkListener, OpenLink } from '../../../lib/database/link.js';
import { LinkedWakeUp } from '../../../lib/freshness/wake-up/linked.wake-up.js';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.js';

let warnings: unknown[];
let told: unknown[];
beforeEach(() => {
  warnings = [];
  told = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(
    (text: unknown) => void warnings.push(text),
  );
  vi.spyOn(Logger.prototype, 'log').mockImplementation((text: unknown) => void told.push(text));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const opened = { links: 0, closed: 0 };
/** A link that takes everything that is published. */
const link = (publish: (message: string) => Promise<unknown>) => {
  opened.links++;
  return { ready: Promise.resolve(), publish, close: () => void opened.closed++ };
};

it('a pooler that answers and delivers nothing is named, once, and tried again', async () => {
  const wakeUp = new LinkedWakeUp(() => link(() => Promise.resolve()), 20);
  let hints = 0;
  await wakeUp.start(() => hints++);
  const { links } = opened;
  await vi.waitFor(() => expect(opened.links).toBeGreaterThan(links + 1), WAIT_LIMIT_MS);
  expect(warnings).toEqual([expect.stringContaining('PgBouncer')]);
  expect(hints).toBe(0);
  await wakeUp.stop();
  expect(opened.closed).toBe(opened.links);
});

it('a pooler that brings back only what the connection itself has published is named as well', async () => {
  const wakeUp = new LinkedWakeUp(
    (to) => ({
      ...link((message) => Promise.resolve(to.message(message))),
      publishElsewhere: () => Promise.resolve(),
    }),
    20,
  );
  let hints = 0;
  await wakeUp.start(() => hints++);
  expect(warnings).toEqual([expect.stringContaining('PgBouncer')]);
  wakeUp.hint();
  expect(hints).toBe(0);
  await wakeUp.stop();
});

it.each<[string, OpenLink]>([
  [
    'cannot be made',
    () => {
      throw new Error('no such host');
    },
  ],
  [
    'is lost while it is made',
    (listener) => {
      listener.lost('no such host');
      return link(() => Promise.resolve());
    },
  ],
  [
    'cannot be connected',
    () => ({ ...link(() => Promise.resolve()), ready: Promise.reject(new Error('no such host')) }),
  ],
  ['cannot be published on', () => link(() => Promise.reject(new Error('no such host')))],
])('a link that %s leaves a process without hints, and running', async (_, open) => {
  const wakeUp = new LinkedWakeUp(open, 1_000);
  await wakeUp.start(() => undefined);
  expect(warnings).toEqual([expect.stringContaining('no such host')]);
  wakeUp.hint();
  await wakeUp.stop();
  expect(opened.closed).toBe(opened.links);
});

it('a hint from before a link works is not sent, and does no harm', async () => {
  const sent: string[] = [];
  const ready: (() => void)[] = [];
  const wakeUp = new LinkedWakeUp(
    (to) => ({
      ...link((message) => {
        sent.push(message);
        return Promise.resolve(to.message(message));
      }),
      ready: new Promise<void>((resolve) => void ready.push(resolve)),
    }),
    1_000,
  );
  const started = wakeUp.start(() => undefined);
  wakeUp.hint();
  await new Promise(setImmediate);
  expect(sent).toEqual([]);
  ready[0]?.();
  await started;
  wakeUp.hint();
  expect(sent).toEqual(['beat', 'hint']);
  await wakeUp.stop();
});

it('a hint that comes while one is on its way follows it, and one follows any number', async () => {
  const sent: string[] = [];
  const arrive: (() => void)[] = [];
  const wakeUp = new LinkedWakeUp(
    (to) =>
      link((message) => {
        sent.push(message);
        to.message(message);
        return message === 'beat'
          ? Promise.resolve()
          : new Promise<void>((resolve) => void arrive.push(resolve));
      }),
    10_000,
  );
  await wakeUp.start(() => undefined);
  for (let hint = 0; hint < 5; hint++) wakeUp.hint();
  await new Promise(setImmediate);
  expect(sent).toEqual(['beat', 'hint']);
  arrive[0]?.();
  await new Promise(setImmediate);
  expect(sent).toEqual(['beat', 'hint', 'hint']);
  arrive[1]?.();
  await new Promise(setImmediate);
  expect(sent).toHaveLength(3);
  await wakeUp.stop();
});

it('a link that becomes silent is replaced soon, even after many failed attempts', async () => {
  // Five that cannot be made, and any number that work for a moment.
  const made: number[] = [];
  const wakeUp = new LinkedWakeUp((to) => {
    made.push(performance.now());
    if (made.length <= 5) throw new Error('no such host');
    let isSilent = false;
    return link((message) => {
      if (!isSilent) to.message(message);
      isSilent = true;
      return Promise.resolve();
    });
  }, 50);
  await wakeUp.start(() => undefined);
  await expect.poll(() => told[0]).toBe('Wake-ups are back.');
  const [first = 0, , , , , sixth = 0] = made;
  // Pauses grow. If they did not, all five would take 750 ms at most.
  expect(sixth - first).toBeGreaterThan(1_200);
  await expect.poll(() => made.length).toBeGreaterThanOrEqual(14);
  const pauses = made.slice(6).map((at, index) => at - (made[index + 5] ?? 0));
  // Pauses that went on growing would take 1,600 ms at least, each of them.
  expect(Math.min(...pauses)).toBeLessThan(1_600);
  await wakeUp.stop();
});

it('sends no heartbeat while it receives those of others', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let listener: LinkListener | undefined;
  let beats = 0;
  const wakeUp = new LinkedWakeUp((to) => {
    listener = to;
    return link((message) => {
      beats++;
      return Promise.resolve(to.message(message));
    });
  }, 300);
  await wakeUp.start(() => undefined);
  for (let heard = 0; heard < 100; heard++) {
    listener?.message('hint');
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(beats).toBe(1);
  await vi.advanceTimersByTimeAsync(600);
  expect(beats).toBe(2);
  await wakeUp.stop();
});

it('a message from just before stop() wakes nobody', async () => {
  let listener: LinkListener | undefined;
  const wakeUp = new LinkedWakeUp((to) => {
    listener = to;
    return link((message) => Promise.resolve(to.message(message)));
  }, 1_000);
  let hints = 0;
  await wakeUp.start(() => hints++);
  await vi.waitFor(() => expect(hints).toBe(1), WAIT_LIMIT_MS);
  listener?.message('hint');
  await wakeUp.stop();
  await new Promise(setImmediate);
  expect(hints).toBe(1);
});

it('heartbeats are not hints; a flood of any other messages is one hint', async () => {
  let listener: LinkListener | undefined;
  const echo: OpenLink = (to) => {
    listener = to;
    return link((message) => {
      to.message(message);
      return Promise.resolve();
    });
  };
  const wakeUp = new LinkedWakeUp(echo, 1_000);
  let hints = 0;
  await wakeUp.start(() => hints++);
  await vi.waitFor(() => expect(hints).toBe(1), WAIT_LIMIT_MS);
  for (let index = 0; index < 100; index++) listener?.message('beat');
  await new Promise(setImmediate);
  expect([hints, wakeUp.lastHintAt]).toEqual([1, undefined]);
  for (let index = 0; index < 10_000; index++) listener?.message(`garbage ${index}`);
  await new Promise(setImmediate);
  expect(hints).toBe(2);
  await wakeUp.stop();
  listener?.message('after the end');
  await new Promise(setImmediate);
  expect(hints).toBe(2);
});
