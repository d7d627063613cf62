import type { Decider } from './decider.js';
import type { FreshnessStatus } from './freshness-status.js';
import type { Concerned } from './tracked/holds.js';

/** How one instance of the module knows what holds now. */
export interface Freshness {
  readonly decider: Decider;
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
  pending(concerned: Concerned, transaction: { readonly isTransactionActive: boolean }): void;
  /** Tells every process, this one too, that there is something to read. */
  hint(): void;
  /**
   * Resolves once what was committed before is in force in every process.
   *
   * @throws AuthUnavailableException when that cannot be known; what was committed stays so
   */
  everywhere(): Promise<void>;
}
