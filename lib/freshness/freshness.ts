import type { AuthStateReader } from '../decision/auth-state.js';
import type { Propagation } from '../log/propagation.js';
import type { Decider } from './decider.js';

/** How one AuthModule knows the current state. */
export interface Freshness {
  /** Decides with the freshness that the options ask for. */
  readonly decider: Decider;
  /** Decides on state that was read after the request arrived. */
  readonly strict: Decider;
  readonly reader: AuthStateReader;
  readonly propagation: Propagation;
  status(): FreshnessStatus;
  /** Gets ready before the application serves. @throws AuthConfigurationError it must not start */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** How fresh this process's decisions are now, for health checks and metrics. */
export interface FreshnessStatus {
  readonly mode: 'strict' | 'tracked';
  /** Whether decisions are made from memory; always false in strict mode. */
  readonly isTracking: boolean;
  /** Tracked: age of what memory knows, in milliseconds; `undefined` before the first read of the log. */
  readonly ageMs: number | undefined;
  /** Tracked: the greatest age at which memory is trusted, in milliseconds. */
  readonly maxStalenessMs: number | undefined;
  /** Tracked: for tokens issued before this instant, state is read. */
  readonly coverage: Date | undefined;
  /** Tracked: when the last wake-up hint arrived, by this process's clock. */
  readonly lastWakeUpAt: Date | undefined;
  /** Tracked: subjects, sessions and tokens that memory holds as changed. */
  readonly overlaySize: number;
  /** Tracked: rows of the log that were read since the start. */
  readonly rowsRead: number;
  /** Tracked: numbered rows of the log that are still unread, as of the last read. */
  readonly logLag: number;
  /** What prevents decisions from memory, each with the fix. */
  readonly problems: readonly string[];
}

/** Tells how fresh this process's decisions are now, for health checks and metrics. */
export class FreshnessMonitor {
  constructor(private readonly freshness: Pick<Freshness, 'status'>) {}

  /** The status as of now; costs no query. */
  status(): FreshnessStatus {
    return this.freshness.status();
  }
}
