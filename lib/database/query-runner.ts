import { RevocationError } from '../errors/revocation.errors.js';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Result, Row, Statement, Work } from './database.js';
import { drive } from './drive.js';
import { isOpen, runnerOf, transactionMistake } from './open-transaction.js';

export async function runOn(runner: QueryRunner, { sql, params }: Statement): Promise<Result> {
  const { records, affected } = await runner.query(sql, [...params], true);
  const rows: readonly Row[] = Array.isArray(records) ? records : [];
  return { rows, affected: affected ?? rows.length };
}

/** What each kind of database does in its own way when work joins a transaction. */
export interface Joining {
  /** Rejects when the database has ended the transaction, or when it may not write. */
  check(runner: QueryRunner): Promise<void>;
  /** Runs a statement that must show what is committed now. Default: like every other. */
  readCommitted?(runner: QueryRunner, statement: Statement): Promise<Result>;
}

/** The work on each runner. A connection takes one statement at a time, and savepoints must not interleave. */
const running = new WeakMap<QueryRunner, Promise<unknown>>();

/** Runs work as part of the transaction that the manager is in; see {@link AuthDatabase.join}. */
export async function joinTransaction<T>(
  dataSource: DataSource,
  manager: EntityManager,
  work: () => Work<T>,
  { check, readCommitted = runOn }: Joining,
): Promise<T> {
  const runner = runnerOf(manager, dataSource);
  if (!isOpen(runner)) {
    throw transactionMistake(
      'it is not in a transaction. Pass the one that dataSource.transaction() gives to its callback, while the callback runs, or pass none. Nothing was changed.',
    );
  }
  const run = async (statement: Statement) => {
    // Otherwise the rest would be committed statement by statement.
    if (!isOpen(runner)) throw endedTooEarly();
    return statement.committed ? readCommitted(runner, statement) : runOn(runner, statement);
  };
  const joined = (running.get(runner) ?? Promise.resolve()).then(async () => {
    try {
      await check(runner);
      return await drive(work(), run);
    } catch (error) {
      // The caller did not await the call, so a statement came after the COMMIT, or its runner was released.
      throw isOpen(runner) || error instanceof RevocationError ? error : endedTooEarly(error);
    }
  });
  running.set(
    runner,
    joined.catch(() => undefined),
  );
  return joined;
}

function endedTooEarly(cause?: unknown): RevocationError {
  return transactionMistake(
    'its transaction ended before the call did, so part of it may be missing. Await the call inside of the transaction, and repeat it.',
    cause,
  );
}
