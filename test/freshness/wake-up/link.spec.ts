/** What becomes of links that only seem to work. */
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LinkListener, OpenLink } from '../../../lib/freshness/wake-up/link.js';
import { LinkedWakeUp } from '../../../lib/freshness/wake-up/linked.wake-up.js';

let warnings: unknown[];
beforeEach(() => {
  warnings = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(
    (text: unknown) => void warnings.push(text),
  );
  vi.spyOn(Logger.prototype, 'log').mockReturnValue();
});
afterEach(() => void vi.restoreAllMocks());

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
  await vi.waitFor(() => expect(opened.links).toBeGreaterThan(links + 1));
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

it('heartbeats, its own and those of others, are no hints; a flood of anything else is one', async () => {
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
  await vi.waitFor(() => expect(hints).toBe(1));
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
