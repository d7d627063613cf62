import { InvalidArgumentError, RevocationError } from '../errors/revocation.errors.js';
import type { EntityManager } from 'typeorm';
import type { AuthDatabase, Work } from '../database/database.js';
import type { OpenTransaction } from '../database/open-transaction.js';
import { withTimeout } from '../database/with-timeout.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { AuthEvent } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { AfterCommit } from './after-commit.js';
import { lockForWriting, type LogTable } from './log-table.js';
import type { Concerned, Propagation } from './propagation.js';
import type { RevokeOptions } from './revoke-options.js';

/** Carries out revocations, in the caller's transaction or in a separate one. */
export class RevocationTransaction {
  constructor(
    private readonly parts: {
      readonly database: AuthDatabase;
      readonly table: LogTable;
      /** Finds the transaction that a revocation becomes part of. */
      readonly transactions: OpenTransaction;
      readonly afterCommit: AfterCommit;
      readonly events: AuthEvents;
      readonly timeoutMs: number;
      readonly propagation: Propagation;
    },
  ) {}

  /**
   * Does the work. After the commit it updates this process's memory, and tells the other processes and
   * the audit stream.
   *
   * @param work returns what the revocation concerns. Its argument says whether the transaction is the caller's,
   *   which may see older state than is committed
   * @throws RevocationError as the work threw it; nothing was stored
   * @throws AuthUnavailableException when the database failed: assume that nothing was stored
   */
  async run(
    { manager: given, visibility }: Pick<RevokeOptions, 'manager' | 'visibility'>,
    work: (joined: boolean) => Work<Concerned | readonly Concerned[]>,
    event: () => AuthEvent | readonly AuthEvent[],
  ): Promise<void> {
    const { database, transactions, timeoutMs, propagation } = this.parts;
    const manager = transactions.find(given);
    if (manager !== undefined && visibility === 'everywhere') throw notYetEverywhere();
    try {
      if (manager !== undefined) {
        await this.join(manager, () => work(true), event);
        return;
      }
      // Without a deadline, the caller would wait for ever when the pool has no free connection. The work may
      // still be committed after the deadline: then too much is revoked, never too little.
      await withTimeout(
        timeoutMs,
        database.transact(() => work(false)),
      );
    } catch (cause) {
      if (cause instanceof RevocationError) throw cause;
      throw new AuthUnavailableException(cause);
    }
    await propagation.committed();
    this.emit(event());
    if (visibility === 'everywhere') await propagation.everywhere();
  }

  /** Does the work in the caller's transaction. Hints and events wait for its commit. */
  async join(
    manager: EntityManager,
    work: () => Work<Concerned | readonly Concerned[]>,
    event: () => AuthEvent | readonly AuthEvent[],
  ): Promise<void> {
    const { database, table, afterCommit, propagation } = this.parts;
    const runner = manager.queryRunner;
    const concerned = await database.join(manager, function* () {
      yield* lockForWriting(table);
      return yield* work();
    });
    if (runner === undefined) return;
    // Before the caller can commit.
    for (const each of [concerned].flat()) propagation.pending(each, runner);
    afterCommit.defer(runner, () => {
      propagation.hint();
      this.emit(event());
    });
  }

  /**
   * Resolves when everything that was committed before the call is in force in every process.
   *
   * @throws RevocationError in an open transaction, because its changes are not committed
   * @throws AuthUnavailableException when the processes cannot be asked
   */
  async everywhere(): Promise<void> {
    if (this.parts.transactions.find() !== undefined) throw notYetEverywhere();
    await this.parts.propagation.everywhere();
  }

  private emit(events: AuthEvent | readonly AuthEvent[]): void {
    for (const event of [events].flat()) this.parts.events.emit(event);
  }
}

function notYetEverywhere(): RevocationError {
  return new InvalidArgumentError(
    'A transaction is open. Its changes are in force everywhere only after its commit. Call everywhere() after the commit.',
  );
}
