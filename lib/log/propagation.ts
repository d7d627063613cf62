import type { LogRow } from './log-page.js';

/** What a revocation concerns, as named by its row in the log. */
export type Concerned = Pick<LogRow, 'kind' | 'ref'>;

export interface Transaction {
  readonly isTransactionActive: boolean;
  /** When COMMIT or ROLLBACK fails, TypeORM leaves the transaction active and releases its runner. */
  readonly isReleased: boolean;
}

/** Makes a revocation known to this process and to the others. */
export interface Propagation {
  /** A revocation is committed. Resolves when this process knows of it; sends the others a hint. */
  committed(): Promise<void>;
  /** A revocation is in an open transaction. Until it ends, what it concerns is decided strictly here. */
  pending(concerned: Concerned, transaction: Transaction): void;
  /** Tells every process, this one too, that there is something new in the log. */
  hint(): void;
  /**
   * Resolves when everything that was committed before the call is in force in every process.
   *
   * @throws AuthUnavailableException when the processes cannot be asked; what was committed stays committed
   */
  everywhere(): Promise<void>;
}
