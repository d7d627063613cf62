import type { FreshnessOptions } from '../auth.options.js';
import type { RedisTemplate } from '../freshness/wake-up/redis.wake-up.js';
import { duration } from './duration.js';
import type { Problems } from './problems.js';

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
  problems.unknown('freshness', given, ['mode', 'maxStaleness', 'wakeUp', 'maxChanges']);
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
