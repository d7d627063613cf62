import type { EntitySubscriberInterface, QueryRunner } from 'typeorm';

interface Pending {
  /** Depth of the transaction it was noted in: 1, or more inside savepoints. */
  depth: number;
  readonly action: () => void;
}

/**
 * Runs actions once the transaction they belong to is committed, and never if it rolls back.
 *
 * TypeORM tells of commits and rollbacks of savepoints as of whole transactions. What was noted
 * inside a released savepoint passes to the level around it; what was noted inside one that rolled
 * back is dropped with it.
 */
export class AfterCommit implements EntitySubscriberInterface {
  private readonly pending = new WeakMap<QueryRunner, Pending[]>();

  /** Notes an action for the transaction that this runner is in. */
  defer(runner: QueryRunner, action: () => void): void {
    const noted = this.pending.get(runner) ?? [];
    noted.push({ depth: depthOf(runner), action });
    this.pending.set(runner, noted);
  }

  afterTransactionCommit({ queryRunner }: { queryRunner: QueryRunner }): void {
    const noted = this.pending.get(queryRunner);
    if (noted === undefined) return;
    const depth = depthOf(queryRunner);
    if (depth > 0) {
      for (const pending of noted) pending.depth = Math.min(pending.depth, depth);
      return;
    }
    this.pending.delete(queryRunner);
    for (const { action } of noted) action();
  }

  afterTransactionRollback({ queryRunner }: { queryRunner: QueryRunner }): void {
    const depth = depthOf(queryRunner);
    const kept = (this.pending.get(queryRunner) ?? []).filter((pending) => pending.depth <= depth);
    if (kept.length === 0) this.pending.delete(queryRunner);
    else this.pending.set(queryRunner, kept);
  }
}

/** How many transactions are open on the runner; TypeORM keeps the count to itself, but it is there. */
function depthOf(runner: QueryRunner): number {
  const depth: unknown = Reflect.get(runner, 'transactionDepth');
  return typeof depth === 'number' ? depth : Number(runner.isTransactionActive);
}
