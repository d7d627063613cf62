import type { LogRow } from './log-page.js';

/** The tokens that a revocation concerns, as its row in the log names them. */
export type Concerned = Pick<LogRow, 'kind' | 'ref'>;

export interface Transaction {
  readonly isTransactionActive: boolean;
  /** When COMMIT or ROLLBACK fails, TypeORM leaves the transaction active and releases its runner. */
  readonly isReleased: boolean;
}

/** Makes a revocation known to this process and to the others. */
export interface Propagation {
  /** After a commit: resolves when this process knows of the revocation, and sends the others a hint. */
  committed(): Promise<void>;
  /** Before a commit: until the transaction ends, this process reads the state for the tokens that it concerns. */
  pending(concerned: Concerned, transaction: Transaction): void;
  /** Tells every process, also this one, that there is something new in the log. */
  hint(): void;
  /**
   * Resolves when everything that was committed before the call is in force in every process.
   *
   * @throws AuthUnavailableException when the processes cannot be asked; what was committed stays committed
   */
  everywhere(): Promise<void>;
}
