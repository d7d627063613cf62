import { AuthConfigurationError } from '../../errors/auth.errors.js';
import { optionalPeer } from '../../validation/optional-peer.js';
import type { OpenLink } from '../../database/link.js';
import { LinkedWakeUp } from './linked.wake-up.js';
import type { WakeUp } from './wake-up.js';

/** The part of an ioredis client that is used here. */
export interface RedisConnection {
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  disconnect(): void;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** An ioredis client of the application. The library opens its own connections with the same options. */
export interface RedisTemplate {
  duplicate(override: object): RedisConnection;
}

/** ioredis must not reconnect by itself: a subscriber that loses its connection loses messages without notice. */
const OPTIONS = {
  lazyConnect: true,
  retryStrategy: () => null,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  maxRetriesPerRequest: 0,
} as const;

/**
 * Hints by Redis publish/subscribe. It needs two connections, because a connection that subscribes can do nothing
 * else.
 *
 * @param redis the address of Redis, or an ioredis client whose options are used
 * @param channel the name must be this deployment's only: applications that share a Redis share its channels
 * @param heartbeatMs a dead link is noticed within two heartbeats; default 2000
 * @throws AuthConfigurationError when an address is given and ioredis is not installed
 */
export async function redisWakeUp(
  redis: string | RedisTemplate,
  channel: string,
  heartbeatMs?: number,
): Promise<WakeUp> {
  const make =
    typeof redis === 'string' ? await connectionsTo(redis) : () => redis.duplicate(OPTIONS);
  const open: OpenLink = (listener) => {
    const subscriber = make();
    const publisher = make();
    for (const connection of [subscriber, publisher]) {
      connection.on('error', (error) => listener.lost(error.message));
      connection.on('end', () => listener.lost('the connection was closed'));
    }
    subscriber.on('message', (_, message) => listener.message(message));
    const connected = Promise.all([subscriber.connect(), publisher.connect()]);
    return {
      ready: connected.then(() => subscriber.subscribe(channel)),
      publish: (message) => publisher.publish(channel, message),
      close() {
        subscriber.disconnect();
        publisher.disconnect();
      },
    };
  };
  return new LinkedWakeUp(open, heartbeatMs);
}

async function connectionsTo(url: string): Promise<() => RedisConnection> {
  const ioredis = await optionalPeer('ioredis', () => import('ioredis'));
  if (ioredis === undefined) {
    throw new AuthConfigurationError([
      'freshness.wakeUp: it names a Redis address, but ioredis is not installed. Run npm install ioredis.',
    ]);
  }
  return () => new ioredis.Redis(url, OPTIONS);
}
