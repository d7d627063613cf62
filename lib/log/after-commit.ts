import type { EntitySubscriberInterface, QueryRunner } from 'typeorm';

interface Pending {
  /** Depth of the transaction in which it was deferred: 1, or more inside savepoints. */
  depth: number;
  readonly action: () => void;
}

/**
 * Runs actions when the transaction that they belong to has committed, and never if it rolls back.
 *
 * TypeORM reports commits and rollbacks of savepoints like those of transactions. An action in a released
 * savepoint moves to the level around it. An action in a savepoint that rolled back is dropped.
 */
export class AfterCommit implements EntitySubscriberInterface {
  private readonly pending = new WeakMap<QueryRunner, Pending[]>();

  /** Defers an action until the commit of the transaction that this runner is in. */
  defer(runner: QueryRunner, action: () => void): void {
    const deferred = this.pending.get(runner) ?? [];
    deferred.push({ depth: depthOf(runner), action });
    this.pending.set(runner, deferred);
  }

  afterTransactionCommit({ queryRunner }: { queryRunner: QueryRunner }): void {
    const deferred = this.pending.get(queryRunner);
    if (deferred === undefined) return;
    const depth = depthOf(queryRunner);
    if (depth > 0) {
      for (const pending of deferred) pending.depth = Math.min(pending.depth, depth);
      return;
    }
    this.pending.delete(queryRunner);
    for (const { action } of deferred) action();
  }

  afterTransactionRollback({ queryRunner }: { queryRunner: QueryRunner }): void {
    const depth = depthOf(queryRunner);
    const kept = (this.pending.get(queryRunner) ?? []).filter((pending) => pending.depth <= depth);
    if (kept.length === 0) this.pending.delete(queryRunner);
    else this.pending.set(queryRunner, kept);
  }
}

/** The depth of the transaction on the runner. TypeORM has it in a field that is not public. */
function depthOf(runner: QueryRunner): number {
  const depth: unknown = Reflect.get(runner, 'transactionDepth');
  return typeof depth === 'number' ? depth : Number(runner.isTransactionActive);
}
