import type { LogRow } from './log-page.js';

/** What a revocation concerns, as its row in the log names it. */
export type Concerned = Pick<LogRow, 'kind' | 'ref'>;

/** The transaction that a revocation is part of. */
export interface Transaction {
  readonly isTransactionActive: boolean;
  /** TypeORM leaves a transaction active whose COMMIT or ROLLBACK failed, and releases its runner. */
  readonly isReleased: boolean;
}

/** How far a revocation of this process has come. */
export interface Propagation {
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
