import type { Duration } from '../validation/duration.js';
import type { RedisTemplate } from './wake-up/redis.wake-up.js';
import { duration } from '../validation/duration.js';
import type { Problems } from '../validation/problems.js';

/** Limits of the read behind each decision. */
export interface StrictOptions {
  /** How long a request waits for auth state before it is answered 503. Default `'2s'`. */
  readonly timeout?: Duration;
}

/** How fresh the state behind a decision is. */
export interface FreshnessOptions {
  /**
   * `'strict'`: read after the request came, by one statement for all that wait at the same moment.
   * `'tracked'`: never older than `maxStaleness`, without a read for whoever did not change. It needs
   * the triggers that `createAuthMigration({ watch })` makes. Default `'strict'`.
   */
  readonly mode?: 'strict' | 'tracked';
  /**
   * Tracked: after so long, a change by any process or by hand is in force in every process, whatever
   * fails. A process that cannot keep to it decides strictly. Default `'1s'`, `'100ms'` to `'60s'`; the
   * log is read four times within it.
   */
  readonly maxStaleness?: Duration;
  /**
   * Tracked: what makes changes known sooner than that. `'auto'`: LISTEN and NOTIFY on PostgreSQL,
   * within the process elsewhere. `'poll'`: nothing. `{ redis }`: publish and subscribe, by an address
   * or an ioredis client of yours. Hints may be lost; nothing depends on them. Default `'auto'`.
   */
  readonly wakeUp?: 'auto' | 'poll' | { readonly redis: string | RedisTemplate };
  /**
   * Tracked: changed subjects, sessions and tokens that are remembered, about 100 bytes each; beyond
   * it, memory begins anew and tokens from before are read once each. Default 250,000.
   */
  readonly maxChanges?: number;
}

/** How fresh decisions are; validated at boot. */
export type FreshnessSettings = { readonly mode: 'strict' } | TrackedSettings;

export interface TrackedSettings {
  readonly mode: 'tracked';
  readonly maxStalenessMs: number;
  readonly wakeUp: 'auto' | 'poll' | { readonly redis: string | RedisTemplate };
  readonly maxChanges: number;
}

const STRICT: FreshnessSettings = { mode: 'strict' };

/** Validates how fresh decisions are to be. */
export function freshnessSettings(
  problems: Problems,
  given: FreshnessOptions | undefined,
): FreshnessSettings {
  if (given === undefined) return STRICT;
  problems.unknown<FreshnessOptions>('freshness', given, {
    mode: true,
    maxStaleness: true,
    wakeUp: true,
    maxChanges: true,
  });
  const { mode = 'strict', wakeUp = 'auto', maxChanges = 250_000 } = given;
  if (mode !== 'strict' && mode !== 'tracked') {
    problems.add("freshness.mode: give 'strict' or 'tracked'.");
  }
  const maxStalenessMs = duration(problems, 'freshness.maxStaleness', given.maxStaleness, 1_000, {
    min: 100,
    max: 60_000,
    text: "from '100ms' to '60s'",
  });
  if (!isWakeUp(wakeUp)) {
    problems.add(
      "freshness.wakeUp: give 'auto', 'poll', or { redis } with a redis:// address or an ioredis client.",
    );
  }
  if (!Number.isSafeInteger(maxChanges) || maxChanges < 1_000 || maxChanges > 10_000_000) {
    problems.add('freshness.maxChanges: give a whole number from 1000 to 10000000.');
  }
  return mode === 'tracked' ? { mode, maxStalenessMs, wakeUp, maxChanges } : STRICT;
}

function isWakeUp(value: unknown): boolean {
  if (value === 'auto' || value === 'poll') return true;
  const redis: unknown = Object(value).redis;
  if (Object.keys(Object(value)).length !== 1) return false;
  if (typeof redis === 'string') return /^rediss?:\/\//.test(redis);
  return typeof Object(redis).duplicate === 'function';
}
