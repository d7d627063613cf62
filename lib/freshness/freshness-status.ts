/** How fresh this process's decisions are now, for health checks and metrics. */
export interface FreshnessStatus {
  readonly mode: 'strict' | 'tracked';
  /** Whether decisions are made without a read; always false in strict freshness. */
  readonly isTracking: boolean;
  /** Tracked: milliseconds since the read began that memory is trusted by; `undefined` before the first. */
  readonly ageMs: number | undefined;
  /** Tracked: how old that may become, in milliseconds. */
  readonly maxStalenessMs: number | undefined;
  /** Tracked: tokens issued before this instant are read and not believed. */
  readonly coverage: Date | undefined;
  /** Tracked: when a hint last came, by this process's clock. */
  readonly lastWakeUpAt: Date | undefined;
  /** Tracked: subjects, sessions and tokens that the log says have changed. */
  readonly overlaySize: number;
  /** Tracked: rows of the log that were read since the start. */
  readonly rowsRead: number;
  /** Tracked: rows of the log that have a number and were not read yet, as of the last read. */
  readonly logLag: number;
  /** What keeps decisions from being made on memory, each with the fix. */
  readonly problems: readonly string[];
}
