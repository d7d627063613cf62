/** Hints between processes, over links that are cut, swallow everything, or carry garbage. */
import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';
import { Redis } from 'ioredis';
import { listenLink } from '../../../lib/database/postgres/listen-link.js';
import { LinkedWakeUp } from '../../../lib/freshness/wake-up/linked.wake-up.js';
import { redisWakeUp } from '../../../lib/freshness/wake-up/redis.wake-up.js';
import { openOwnDatabase } from '../../support/open-database.js';
import type { WakeUp } from '../../../lib/freshness/wake-up/wake-up.js';
import { serviceUrl } from '../../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../../support/fault-proxy.js';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.js';

/** A process that listens, and how many hints it received. */
interface Listener {
  readonly wakeUp: WakeUp;
  readonly count: () => number;
}

/** With this one a process or a server that stalls for a while is not taken for a dead link. */
const CALM_MS = 10_000;
/** And with this one a dead link is noticed soon. */
const HASTY_MS = 400;
const KINDS = { postgres: 'TEST_POSTGRES_URL', redis: 'TEST_REDIS_URL' } as const;

for (const kind of ['postgres', 'redis'] as const) {
  const url = serviceUrl(KINDS[kind]) ?? '';
  const name = url === '' ? `${kind}: skipped, ${KINDS[kind]} is not set` : kind;
  describe.skipIf(url === '')(name, () => suite(kind, url));
}

function suite(kind: 'postgres' | 'redis', url: string): void {
  const channel = `nestjs-revocable-jwt:1:"test" ${randomBytes(6).toString('hex')}`;
  let proxy: FaultProxy;
  let dataSources: DataSource[] = [];
  let listeners: Listener[] = [];

  const make = async (address: string, heartbeatMs: number): Promise<WakeUp> => {
    if (kind === 'redis') return redisWakeUp(address, channel, heartbeatMs);
    const dataSource = new DataSource({ type: 'postgres', url: address, poolSize: 1 });
    dataSources.push(await dataSource.initialize());
    const own = await openOwnDatabase(dataSource, { timeoutMs: heartbeatMs });
    return new LinkedWakeUp(listenLink(dataSource, channel, own), heartbeatMs);
  };
  const listen = async (address: string, heartbeatMs = CALM_MS): Promise<Listener> => {
    let hints = 0;
    const wakeUp = await make(address, heartbeatMs);
    const listener = { wakeUp, count: () => hints };
    listeners.push(listener);
    await wakeUp.start(() => hints++);
    return listener;
  };
  /** Hints again and again until the listener hears one, since a single hint may be lost. Returns how often. */
  const untilTold = async (by: Listener, listener: Listener): Promise<number> => {
    const before = listener.count();
    let times = 0;
    await vi.waitFor(
      () => {
        times++;
        by.wakeUp.hint();
        expect(listener.count()).toBeGreaterThan(before);
      },
      { timeout: WAIT_LIMIT_MS, interval: 50 },
    );
    return times;
  };

  beforeEach(async () => {
    proxy = await faultProxyTo(url);
    listeners = [];
    dataSources = [];
  });
  afterEach(async () => {
    await Promise.all(listeners.map(({ wakeUp }) => wakeUp.stop()));
    proxy.heal();
    await Promise.all(dataSources.map((dataSource) => dataSource.destroy()));
    await proxy.close();
  });

  it('a hint of one process reaches all of them, and itself', async () => {
    const all = [await listen(url), await listen(proxy.url), await listen(url)];
    const [first] = all;
    if (first === undefined) throw new Error('nobody listens');
    await vi.waitFor(
      () => expect(all.map(({ count }) => count())).toEqual([1, 1, 1]),
      WAIT_LIMIT_MS,
    );
    expect(all.map(({ wakeUp }) => wakeUp.lastHintAt)).toEqual([undefined, undefined, undefined]);
    first.wakeUp.hint();
    await vi.waitFor(
      () => expect(all.map(({ count }) => count())).toEqual([2, 2, 2]),
      WAIT_LIMIT_MS,
    );
    for (const { wakeUp } of all) {
      expect(Math.abs(Number(wakeUp.lastHintAt) - Date.now())).toBeLessThan(60_000);
    }
  });

  it('a thousand hints of one moment are a few messages', async () => {
    const [by, listener] = [await listen(url), await listen(url)];
    await untilTold(by, listener);
    const before = listener.count();
    for (let index = 0; index < 1_000; index++) by.wakeUp.hint();
    await vi.waitFor(() => expect(listener.count()).toBeGreaterThan(before), WAIT_LIMIT_MS);
    const others = await untilTold(by, listener);
    expect(listener.count() - before - others).toBeLessThan(10);
  });

  it('every message on the channel is a hint and nothing else', async () => {
    const listener = await listen(url);
    const send = await publisher(kind, url, channel);
    const before = listener.count();
    for (const payload of [
      '',
      '{"kind":"resync"}',
      '\u{1f600}',
      "'; DROP TABLE x; --",
      'y'.repeat(7_000),
    ]) {
      await send.publish(payload);
    }
    await vi.waitFor(() => expect(listener.count()).toBeGreaterThan(before), WAIT_LIMIT_MS);
    await send.close();
  });

  it('works again within seconds after the link was cut, with a hint for what was missed', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const [by, listener] = [await listen(url), await listen(proxy.url)];
    await untilTold(by, listener);
    const before = listener.count();
    proxy.refuse();
    // Nobody tells anything meanwhile: the hint comes of being back.
    await vi.waitFor(() => expect(proxy.accepted).toBeGreaterThan(3), WAIT_LIMIT_MS);
    proxy.heal();
    await vi.waitFor(() => expect(listener.count()).toBeGreaterThan(before), WAIT_LIMIT_MS);
    await untilTold(by, listener);
    // However often it was tried.
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining('Wake-ups are down'),
    ]);
    warn.mockRestore();
  });

  it.each(['both', 'toClient', 'toServer'] as const)(
    'notices a link that swallows everything (%s), and makes a new one',
    async (direction) => {
      const [by, listener] = [await listen(url), await listen(proxy.url, HASTY_MS)];
      await untilTold(by, listener);
      const connections = proxy.accepted;
      proxy.fault('swallow', direction);
      // Towards the server only what is said is lost, and is noticed once something is said.
      listener.wakeUp.hint();
      await vi.waitFor(() => expect(proxy.accepted).toBeGreaterThan(connections), WAIT_LIMIT_MS);
      proxy.heal();
      await untilTold(by, listener);
    },
  );

  it('starts without its server, and begins to work when that is there', async () => {
    const wakeUp = await make(proxy.url, CALM_MS);
    let hints = 0;
    const listener = { wakeUp, count: () => hints };
    listeners.push(listener);
    proxy.refuse();
    await wakeUp.start(() => hints++);
    expect(listener.count()).toBe(0);
    listener.wakeUp.hint();
    proxy.heal();
    await vi.waitFor(() => expect(listener.count()).toBeGreaterThan(0), WAIT_LIMIT_MS);
  });

  it('is silent and has no connection after it was stopped', async () => {
    const [by, listener] = [await listen(url), await listen(proxy.url)];
    await untilTold(by, listener);
    // One that listens, and with Redis one more that publishes.
    const left = proxy.open - (kind === 'redis' ? 2 : 1);
    await listener.wakeUp.stop();
    await vi.waitFor(() => expect(proxy.open).toBe(left), WAIT_LIMIT_MS);
    const [before, connections] = [listener.count(), proxy.accepted];
    await untilTold(by, by);
    listener.wakeUp.hint();
    proxy.cut();
    await untilTold(by, by);
    expect([listener.count(), proxy.accepted]).toEqual([before, connections]);
  });
}

/** Somebody else who may publish on the channel. */
async function publisher(kind: 'postgres' | 'redis', url: string, channel: string) {
  if (kind === 'redis') {
    const redis = new Redis(url);
    return {
      publish: (payload: string): Promise<unknown> => redis.publish(channel, payload),
      close: (): Promise<unknown> => redis.quit(),
    };
  }
  const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
  return {
    publish: (payload: string): Promise<unknown> =>
      dataSource.query('SELECT pg_notify($1, $2)', [channel, payload]),
    close: (): Promise<unknown> => dataSource.destroy(),
  };
}
