import { InvalidArgumentError, RevocationError } from '../errors/revocation.errors.js';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { dataSourceOf } from './data-source-of.js';
import type { Problems } from '../validation/problems.js';

/**
 * The manager of the transaction that is open in the caller's context. `undefined`, or a manager outside of a
 * transaction: none is open.
 */
export type AmbientManager = () => EntityManager | null | undefined;

/** A call that the caller's transaction does not allow. That is a fault of the application, and never a 503. */
export function transactionMistake(what: string, cause?: unknown): RevocationError {
  return new InvalidArgumentError(`manager: ${what}`, { cause });
}

/** Mistakes that each kind of database detects in its own way. */
export const READ_ONLY_TRANSACTION =
  'its transaction is read-only. Use one that may write. Nothing was changed.';
export const FAILED_TRANSACTION =
  'its transaction has failed before and can only be rolled back. Roll it back, and revoke in a new one. Nothing was changed.';
export const ENDED_TRANSACTION =
  'the database has ended its transaction, after a deadlock or because of a statement that commits. Roll it back, and use a new one. Nothing was changed.';

/** How much of a deadline passes before the library asks whether the lock is the caller's. Most are not, and short. */
export const OWN_SHARE = 0.25;
export const OWN_TRANSACTION =
  'the call was made inside of an open transaction that it does not join, and waited for it to end. Call it before or after the transaction. Nothing was changed.';

/**
 * The query runner of a manager that belongs to the DataSource; `undefined`: each of its statements is
 * committed by itself.
 *
 * @throws InvalidArgumentError it is not a manager, or it belongs to another DataSource
 */
export function runnerOf(manager: unknown, dataSource: DataSource): QueryRunner | undefined {
  if (!isManager(manager)) {
    throw transactionMistake(
      'it is not an EntityManager. Pass the one that dataSource.transaction() gives to its callback. Nothing was changed.',
    );
  }
  if (dataSourceOf(manager) !== dataSource) {
    throw transactionMistake(
      'it does not belong to the DataSource that AuthModule uses. Pass a manager of that DataSource, or none. Nothing was changed.',
    );
  }
  return manager.queryRunner;
}

/** Whether a transaction is open on the runner. When COMMIT fails, TypeORM leaves it active and releases it. */
export function isOpen(runner: QueryRunner | undefined): runner is QueryRunner {
  return runner?.isTransactionActive === true && !runner.isReleased;
}

/**
 * Finds the transaction that a call becomes part of. This is the one place that decides it.
 *
 * It tries three managers in this order: the one that the call was given, the one that the option `manager`
 * returns, and the DataSource's own, which a library such as typeorm-transactional may bind to the open
 * transaction.
 */
export class OpenTransaction {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ambient?: AmbientManager,
  ) {}

  /**
   * The manager of the transaction; `undefined`: there is none to join, so the call makes its own.
   *
   * @param given the `manager` of the call; without it, the call joins the open transaction, if there is one
   * @throws InvalidArgumentError the manager cannot be used
   */
  find(given?: EntityManager): EntityManager | undefined {
    const { dataSource } = this;
    if (given !== undefined) {
      const runner = runnerOf(given, dataSource);
      if (runner?.isReleased === true) {
        throw transactionMistake(
          'its transaction has ended. Await the call inside of the transaction, or pass no manager. Nothing was changed.',
        );
      }
      // A manager that is in no transaction has nothing to join: its statements would be committed one by one,
      // and on SQLite on a connection that other requests share.
      return isOpen(runner) ? given : undefined;
    }
    const ambient = this.ambient?.() ?? undefined;
    // The manager from the application's function is checked like an argument. But its context may outlive
    // the transaction, in work that nobody awaited. That is no mistake: the call did not ask for a manager.
    if (ambient !== undefined && isOpen(runnerOf(ambient, dataSource))) return ambient;
    const { manager } = dataSource;
    return isOpen(manager.queryRunner) ? manager : undefined;
  }

  /** Whether the caller has a transaction open. Never throws. */
  isOpen(): boolean {
    try {
      return this.find() !== undefined;
    } catch {
      return false;
    }
  }
}

/** Finds transactions by the option `manager`, which may be left out. */
export function openTransaction(
  problems: Problems,
  dataSource: DataSource,
  manager: AmbientManager | undefined,
): OpenTransaction {
  if (manager !== undefined && typeof manager !== 'function') {
    problems.add(
      'manager: give a function that returns the manager of the open transaction, such as () => txHost.tx. For one call, pass { manager } to that call.',
    );
  }
  return new OpenTransaction(dataSource, manager);
}

/** By TypeORM's own mark: `instanceof` fails when an application has two copies of TypeORM. */
export function isManager(value: unknown): value is EntityManager {
  return Object(value)['@instanceof'] === Symbol.for('EntityManager');
}
