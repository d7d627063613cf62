import type { DataSource, EntityManager } from 'typeorm';
import type { AuthDatabase, Row, Statement, Work } from '../database.js';
import { sqlite } from './dialect.js';
import { sqliteDriver, type SqliteHandle } from './handle.js';
import { joinSqlite } from './join.js';
import { LOCKED, type LockWait, retryWhileLocked } from './retry-while-locked.js';
import { SqliteStatements } from './statements.js';

/**
 * SQLite in memory. It cannot be opened a second time, so the library shares the connection of the DataSource.
 *
 * The library's statements must stay out of the application's transactions, so they wait while one is open.
 * Every request then waits for the longest transaction. So this is for tests.
 */
export class SqliteMemoryDatabase implements AuthDatabase {
  readonly dialect = sqlite;
  private readonly handle: SqliteHandle;
  private readonly statements: SqliteStatements;

  constructor(
    private readonly dataSource: DataSource,
    /** How to wait for the application's transaction. */
    private readonly wait: LockWait,
  ) {
    this.handle = sqliteDriver(dataSource).databaseConnection;
    this.statements = new SqliteStatements(this.handle);
  }

  read(statement: Statement): Promise<readonly Row[]> {
    return this.outsideTransactions(() => this.statements.run(statement).rows);
  }

  transact<T>(work: () => Work<T>): Promise<T> {
    return this.outsideTransactions(() => this.statements.transact(work));
  }

  tryTransact<T>(work: () => Work<T>): Promise<T | undefined> {
    if (this.handle.inTransaction) return Promise.resolve(undefined);
    return this.transact(work);
  }

  join<T>(manager: EntityManager, work: () => Work<T>): Promise<T> {
    return joinSqlite(this.dataSource, manager, work);
  }

  /** The connection is the application's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Asks the connection itself, which also knows of a BEGIN that TypeORM did not send. */
  private outsideTransactions<T>(attempt: () => T | typeof LOCKED): Promise<T> {
    return retryWhileLocked(this.wait, () => (this.handle.inTransaction ? LOCKED : attempt()));
  }
}
