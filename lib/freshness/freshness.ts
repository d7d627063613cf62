import type { AuthStateReader } from '../decision/auth-state-reader.js';
import type { Decider } from './decider.js';
import type { FreshnessStatus } from './freshness-status.js';
import type { Concerned, Transaction } from './tracked/pending-revocations.js';

/** How one instance of the module knows what holds now. */
export interface Freshness {
  /** As fresh as the options ask for. */
  readonly decider: Decider;
  /** On state that is read after the request arrived. */
  readonly strict: Decider;
  /** How state is read for such decisions. */
  readonly reader: AuthStateReader;
  readonly reach: Reach;
  status(): FreshnessStatus;
  /** Gets ready before the application serves. @throws AuthConfigurationError it must not start */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** How far a revocation of this process has come. */
export interface Reach {
  /** Something is committed: resolves once this process knows of it, and tells the others. */
  committed(): Promise<void>;
  /** Something will be, with a transaction that is open; until then it is decided strictly here. */
  pending(concerned: Concerned, transaction: Transaction): void;
  /** Tells every process, this one too, that there is something to read. */
  hint(): void;
  /**
   * Resolves once what was committed before is in force in every process.
   *
   * @throws AuthUnavailableException when that cannot be known; what was committed stays so
   */
  everywhere(): Promise<void>;
}
