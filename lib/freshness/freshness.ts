import type { AuthStateReader } from '../decision/auth-state.js';
import type { Propagation } from '../log/propagation.js';
import type { Decider } from './decider.js';

/** How one AuthModule knows the current state. */
export interface Freshness {
  /** Decides as `freshness.mode` says. */
  readonly decider: Decider;
  /** Decides on state that was read after the request arrived. */
  readonly strict: Decider;
  readonly reader: AuthStateReader;
  readonly propagation: Propagation;
  status(): FreshnessStatus;
  /** Gets ready before the application serves. @throws AuthConfigurationError the application must not start */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** How fresh this process's decisions are now, for health checks and metrics. */
export interface FreshnessStatus {
  readonly mode: 'strict' | 'tracked';
  /** Whether decisions are made from memory; always false in strict mode. */
  readonly isTracking: boolean;
  /** Tracked: the age of memory, in milliseconds; `undefined` before the first read of the log. */
  readonly ageMs: number | undefined;
  /** Tracked: the greatest age at which memory is trusted, in milliseconds. */
  readonly maxStalenessMs: number | undefined;
  /** Tracked: the state is read for tokens issued before this instant. */
  readonly coverage: Date | undefined;
  /** Tracked: when the last wake-up hint arrived, by this process's clock. */
  readonly lastWakeUpAt: Date | undefined;
  /** Tracked: how many changed subjects, sessions and tokens memory holds. */
  readonly overlaySize: number;
  /** Tracked: how many rows of the log were read since the start. */
  readonly rowsRead: number;
  /** Tracked: how many numbered rows of the log were still unread after the last read. */
  readonly logLag: number;
  /** What prevents decisions from memory, each with the fix. */
  readonly problems: readonly string[];
}

/** Tells how fresh this process's decisions are now, for health checks and metrics. */
export class FreshnessMonitor {
  constructor(private readonly freshness: Pick<Freshness, 'status'>) {}

  /** The current status, without a query. */
  status(): FreshnessStatus {
    return this.freshness.status();
  }
}
