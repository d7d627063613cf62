import type { FreshnessMonitor, FreshnessStatus } from '../freshness/freshness.js';

/** The result that a check of @nestjs/terminus expects, in all its versions. */
export type AuthHealthResult<Key extends string = string> = Record<Key, AuthHealth>;

/** How fresh decisions are, and whether they are as fresh as configured. */
export interface AuthHealth extends FreshnessStatus {
  readonly status: 'up' | 'down';
}

/** When the check reports `down`. */
export interface AuthHealthOptions {
  /**
   * `false`: a process in tracked mode that decides strictly for now is `up`, if it has no other problem. Its
   * decisions are right, but cost a read for each request. Default `true`.
   */
  readonly requireTracking?: boolean;
}

/**
 * Tells @nestjs/terminus how fresh the decisions of this process are. It runs no query.
 *
 *     this.health.check([() => this.auth.check('auth')])
 */
export class AuthHealthIndicator {
  constructor(private readonly monitor: FreshnessMonitor) {}

  /** @param key the name under which it is reported */
  check<const Key extends string = 'auth'>(
    key?: Key,
    options?: AuthHealthOptions,
  ): AuthHealthResult<Key>;
  check(key = 'auth', { requireTracking = true }: AuthHealthOptions = {}): AuthHealthResult {
    const status = this.monitor.status();
    const isWell =
      status.problems.length === 0 &&
      (status.mode === 'strict' || status.isTracking || !requireTracking);
    return { [key]: { status: isWell ? 'up' : 'down', ...status } };
  }
}
