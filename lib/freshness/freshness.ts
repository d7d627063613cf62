import type { AuthStateReader } from '../decision/auth-state-reader.js';
import type { Decider } from './decider.js';
import type { FreshnessStatus } from './freshness-status.js';
import type { Propagation } from '../log/propagation.js';

/** How one instance of the module knows what holds now. */
export interface Freshness {
  /** As fresh as the options ask for. */
  readonly decider: Decider;
  /** On state that is read after the request arrived. */
  readonly strict: Decider;
  /** How state is read for such decisions. */
  readonly reader: AuthStateReader;
  readonly propagation: Propagation;
  status(): FreshnessStatus;
  /** Gets ready before the application serves. @throws AuthConfigurationError it must not start */
  start(): Promise<void>;
  stop(): Promise<void>;
}
