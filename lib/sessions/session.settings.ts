import type { Policy } from '../decision/policy.js';
import { type Duration, duration, type DurationBounds } from '../validation/duration.js';
import type { Problems } from '../validation/problems.js';

/**
 * Sessions: one row for each sign-in on a device, with refresh tokens that are used once. With this option
 * `signIn` opens one. `sessions: {}` takes every default.
 */
export interface SessionOptions {
  /** A session ends when it is not refreshed for this long. Default `'14d'`. */
  readonly idleTtl?: Duration;
  /** A session ends after this time even if it is refreshed. Default `'90d'`. */
  readonly maxTtl?: Duration;
  /**
   * How long the token that was used last still gets the same successor, for retries and for two tabs at
   * once. Default `'10s'`, at most 60 s. With `0` every second use is a replay.
   */
  readonly leeway?: Duration;
  /**
   * How many sessions a user may have. `{ newest: N }`: a further sign-in ends the oldest.
   * `{ refuse: N }`: a further sign-in is refused. `'one-per-device'`: a sign-in ends the sessions with the
   * same device label. Default `'unlimited'`.
   */
  readonly limit?:
    'unlimited' | 'one-per-device' | { readonly newest: number } | { readonly refuse: number };
  /** The shortest time between two writes of `lastSeenAt`. Default `'1m'`. */
  readonly lastSeenInterval?: Duration;
  /** How long ended sessions are kept. Default `'30d'`, at least a day. */
  readonly retention?: Duration;
}

/** The validated options, with their defaults. All durations in milliseconds. */
export interface SessionSettings {
  readonly idleMs: number;
  readonly maxMs: number;
  readonly leewayMs: number;
  readonly lastSeenMs: number;
  readonly retentionMs: number;
  readonly limit: SessionLimit;
}

/** How many sessions a user may have at once. */
export type SessionLimit =
  | { readonly kind: 'unlimited' }
  /** A further sign-in ends the oldest. */
  | { readonly kind: 'newest'; readonly count: number }
  /** A further sign-in is refused. */
  | { readonly kind: 'refuse'; readonly count: number }
  /** A sign-in ends the sessions with the same device label. */
  | { readonly kind: 'device' };

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const LIFE: DurationBounds = { min: SECOND, max: 3_650 * DAY, text: "from '1s' to '3650d'" };
/** A minute is long for a retry, and short for a thief. */
const LEEWAY: DurationBounds = { min: 0, max: 60 * SECOND, text: "from 0 to '60s'" };
const INTERVAL: DurationBounds = { min: 0, max: DAY, text: "from 0 to '24h'" };
/** An access token can live for a day. The end of its session must be known for that long. */
const RETENTION: DurationBounds = { min: DAY, max: 3_650 * DAY, text: "from '1d' to '3650d'" };
const MOST_SESSIONS = 1_000;

export function sessionSettings(
  problems: Problems,
  given: SessionOptions,
  policies: readonly Policy[],
): SessionSettings {
  problems.unknown<SessionOptions>('sessions', given, {
    idleTtl: true,
    maxTtl: true,
    leeway: true,
    limit: true,
    lastSeenInterval: true,
    retention: true,
  });
  const length = (name: keyof SessionOptions, fallback: number, bounds: DurationBounds) =>
    duration(problems, `sessions.${name}`, given[name], fallback, bounds);
  const maxMs = length('maxTtl', 90 * DAY, LIFE);
  const idleMs = length('idleTtl', Math.min(14 * DAY, maxMs), LIFE);
  if (idleMs > maxMs) {
    problems.add('sessions.idleTtl: it is longer than sessions.maxTtl. Make it shorter.');
  }
  if (policies.length > 0 && !policies.some(({ denies }) => denies === 'session')) {
    problems.add(
      'sessions: no policy refuses the access tokens of an ended session. Add session() to `policies`.',
    );
  }
  return {
    idleMs,
    maxMs,
    leewayMs: length('leeway', 10 * SECOND, LEEWAY),
    // A renewal keeps the session alive only by this write, so it must come before the idle end.
    lastSeenMs: Math.min(length('lastSeenInterval', 60 * SECOND, INTERVAL), Math.floor(idleMs / 2)),
    retentionMs: length('retention', 30 * DAY, RETENTION),
    limit: limitOf(problems, given.limit),
  };
}

function limitOf(problems: Problems, given: unknown): SessionLimit {
  if (given === undefined || given === 'unlimited') return { kind: 'unlimited' };
  if (given === 'one-per-device') return { kind: 'device' };
  if (typeof given === 'object' && given !== null) {
    const [[kind, count] = [], ...more] = Object.entries(given);
    if (
      more.length === 0 &&
      (kind === 'newest' || kind === 'refuse') &&
      Number.isInteger(count) &&
      count >= 1 &&
      count <= MOST_SESSIONS
    ) {
      return { kind, count };
    }
  }
  problems.add(
    `sessions.limit: give 'unlimited', 'one-per-device', { newest: N } or { refuse: N }, where N is a number from 1 to ${MOST_SESSIONS}.`,
  );
  return { kind: 'unlimited' };
}
