import type { Freshness } from './freshness.js';
import type { FreshnessStatus } from './freshness-status.js';

/** Tells how fresh this process's decisions are now, for health checks and metrics. */
export class FreshnessMonitor {
  constructor(private readonly freshness: Pick<Freshness, 'status'>) {}

  /** As of now; costs no query. */
  status(): FreshnessStatus {
    return this.freshness.status();
  }
}
