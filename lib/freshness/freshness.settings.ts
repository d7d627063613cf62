import { type Duration, duration } from '../validation/duration.js';
import type { Problems } from '../validation/problems.js';
import type { RedisTemplate } from './wake-up/redis.wake-up.js';

/** Limits of the read behind a strict decision. */
export interface StrictOptions {
  /** How long a request waits for auth state before the answer is 503. Default `'2s'`. */
  readonly timeout?: Duration;
}

/** How fresh the state behind a decision is. */
export interface FreshnessOptions {
  /**
   * Default `'strict'`: state is read after the request arrived, with one statement for all requests that wait at
   * the same moment.
   *
   * `'tracked'`: state is never older than `maxStaleness`, and nothing is read for users that did not change. It
   * needs the triggers that `createAuthMigration({ watch })` creates.
   */
  readonly mode?: 'strict' | 'tracked';
  /**
   * Tracked: within this time, a change by any process or by hand is in force in every process, whatever
   * fails. A process that cannot keep this promise decides strictly. The log is read four times within it.
   * Default `'1s'`, from `'100ms'` to `'60s'`.
   */
  readonly maxStaleness?: Duration;
  /**
   * Tracked: how processes learn of changes sooner than within `maxStaleness`. Default `'auto'`: LISTEN and NOTIFY
   * on PostgreSQL, and only within the process on other databases. `'poll'`: they do not. `{ redis }`: publish and
   * subscribe, with an address or with the options of your ioredis client. Hints may be lost: no promise depends
   * on them.
   */
  readonly wakeUp?: 'auto' | 'poll' | { readonly redis: string | RedisTemplate };
  /**
   * Tracked: how many changed subjects, sessions and tokens memory holds, about 100 bytes each. Beyond
   * that, memory is cleared, and state is read once for each older token. Default 250,000.
   */
  readonly maxChanges?: number;
}

export type FreshnessSettings = { readonly mode: 'strict' } | TrackedSettings;

export interface TrackedSettings extends Required<Pick<FreshnessOptions, 'wakeUp' | 'maxChanges'>> {
  readonly mode: 'tracked';
  readonly maxStalenessMs: number;
}

const STRICT: FreshnessSettings = { mode: 'strict' };

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
