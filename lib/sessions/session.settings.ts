import type { Duration } from '../validation/duration.js';
import type { Policy } from '../decision/policy.js';
import type { SessionLimit, SessionSettings } from './session-settings.js';
import { duration, type DurationBounds } from '../validation/duration.js';
import type { Problems } from '../validation/problems.js';

/**
 * Sessions: a row per sign-in and device, with a refresh token that is used once. Given, `signIn`
 * makes one; all of it may be left at its default: `sessions: {}`.
 */
export interface SessionOptions {
  /** A session that is not refreshed for so long has ended. Default `'14d'`. */
  readonly idleTtl?: Duration;
  /** How long a session lives at most, whatever its use. Default `'90d'`. */
  readonly maxTtl?: Duration;
  /**
   * How long the refresh token that was used last is answered with the same successor, for retries
   * and for two tabs at once. Default `'10s'`, at most 60 s; `0`: it is a replay at once.
   */
  readonly leeway?: Duration;
  /**
   * How many sessions a user may have. `{ newest: N }`: a further sign-in ends the oldest;
   * `{ refuse: N }`: it is refused; `'one-per-device'`: it ends those with the same device label.
   * Default `'unlimited'`.
   */
  readonly limit?:
    'unlimited' | 'one-per-device' | { readonly newest: number } | { readonly refuse: number };
  /** The least time between two writes of when a session was last seen. Default `'1m'`. */
  readonly lastSeenInterval?: Duration;
  /** How long ended sessions are kept. Default `'30d'`, at least a day. */
  readonly retention?: Duration;
}

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const LIFE: DurationBounds = { min: SECOND, max: 3_650 * DAY, text: "from '1s' to '3650d'" };
/** A minute is long for a retry, and short for a thief. */
const LEEWAY: DurationBounds = { min: 0, max: 60 * SECOND, text: "from 0 to '60s'" };
const INTERVAL: DurationBounds = { min: 0, max: DAY, text: "from 0 to '24h'" };
/** An access token of a session can live for a day; until then its end must be known. */
const RETENTION: DurationBounds = { min: DAY, max: 3_650 * DAY, text: "from '1d' to '3650d'" };
const MOST_SESSIONS = 1_000;

/** Validates the options of sessions. */
export function sessionSettings(
  problems: Problems,
  given: SessionOptions,
  policies: readonly Policy[],
): SessionSettings {
  problems.unknown('sessions', given, [
    'idleTtl',
    'maxTtl',
    'leeway',
    'limit',
    'lastSeenInterval',
    'retention',
  ]);
  const length = (name: keyof SessionOptions, fallback: number, bounds: DurationBounds) =>
    duration(problems, `sessions.${name}`, given[name], fallback, bounds);
  const maxMs = length('maxTtl', 90 * DAY, LIFE);
  const idleMs = length('idleTtl', Math.min(14 * DAY, maxMs), LIFE);
  if (idleMs > maxMs) {
    problems.add(
      'sessions.idleTtl: it is longer than sessions.maxTtl, after which every session has ended; make it shorter.',
    );
  }
  if (policies.length > 0 && !policies.some(({ denies }) => denies === 'session')) {
    problems.add(
      'sessions: no policy would refuse the access tokens of a session that has ended; add session() to `policies`.',
    );
  }
  return {
    idleMs,
    maxMs,
    leewayMs: length('leeway', 10 * SECOND, LEEWAY),
    // Renewing keeps a session alive by what is written then: it must be written before the idle end.
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
