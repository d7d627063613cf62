import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Result, Row, Statement, Work } from './database.js';
import { AuthDatabaseError } from './database.errors.js';
import { drive } from './drive.js';

/** Runs one statement on TypeORM's runner. */
export async function runOn(runner: QueryRunner, { sql, params }: Statement): Promise<Result> {
  const { records, affected } = await runner.query(sql, [...params], true);
  const rows: readonly Row[] = Array.isArray(records) ? records : [];
  return { rows, affected: affected ?? rows.length };
}

/**
 * Runs work as part of the transaction that the manager is in; see {@link AuthDatabase.join}.
 *
 * @param readCommitted runs the statements that must show what is committed now
 */
export async function joinTransaction<T>(
  dataSource: DataSource,
  manager: EntityManager,
  work: () => Work<T>,
  readCommitted: (runner: QueryRunner, statement: Statement) => Promise<Result> = runOn,
): Promise<T> {
  if (manager.dataSource !== dataSource) {
    throw new AuthDatabaseError(
      'other_data_source',
      'The manager belongs to another DataSource than AuthModule. Pass a manager of the same DataSource.',
    );
  }
  const runner = manager.queryRunner;
  if (runner === undefined || runner.isReleased || !runner.isTransactionActive) {
    throw new AuthDatabaseError(
      'not_in_transaction',
      'The manager is in no transaction. Pass the manager that dataSource.transaction() gives to its callback, while the callback runs, or pass none.',
    );
  }
  return drive(work(), (statement) =>
    statement.committed ? readCommitted(runner, statement) : runOn(runner, statement),
  );
}
