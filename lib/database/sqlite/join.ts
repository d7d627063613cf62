import { AuthDatabaseError } from '../../errors/database.errors.js';
import type { DataSource, EntityManager } from 'typeorm';
import type { Work } from '../database.js';
import { driverErrorOf, textOf } from '../faults.js';
import {
  ENDED_TRANSACTION,
  READ_ONLY_TRANSACTION,
  transactionMistake,
} from '../open-transaction.js';
import { joinTransaction } from '../query-runner.js';
import { sqliteDriver } from './handle.js';

/** Runs work in the application's transaction, on the one connection of the DataSource. */
export function joinSqlite<T>(
  dataSource: DataSource,
  manager: EntityManager,
  work: () => Work<T>,
): Promise<T> {
  const handle = sqliteDriver(dataSource).databaseConnection;
  const check = () => {
    // Some errors make SQLite roll back by itself: a full disk, OR ROLLBACK. TypeORM does not learn of it.
    if (!handle.inTransaction) throw transactionMistake(ENDED_TRANSACTION);
    if (isReadOnly(handle.pragma('query_only'))) throw transactionMistake(READ_ONLY_TRANSACTION);
  };
  return joinTransaction(dataSource, manager, work, { check: async () => check() }).catch(
    (error: unknown) => {
      if (textOf(driverErrorOf(error), 'code') !== 'SQLITE_BUSY_SNAPSHOT') throw error;
      throw new AuthDatabaseError(
        'SQLITE_BUSY_SNAPSHOT',
        'The open transaction has read from the SQLite database, and another connection has committed since, so it may not write any more. Roll it back, and run it again. It cannot happen to a transaction that writes before it reads.',
        { cause: error },
      );
    },
  );
}

function isReadOnly(pragma: unknown): boolean {
  return Array.isArray(pragma) && Number(Object(pragma[0])['query_only']) === 1;
}
