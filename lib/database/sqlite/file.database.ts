import { AuthDatabaseError } from '../../errors/database.errors.js';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuthDatabase, Row, Statement, Work } from '../database.js';
import { sqlite } from './dialect.js';
import type { SqliteHandle } from './handle.js';
import { joinSqlite } from './join.js';
import { openOwn } from './open-own.js';
import { LOCKED, type LockWait, orLocked, retryWhileLocked } from './retry-while-locked.js';
import { SqliteStatements } from './statements.js';

/**
 * A SQLite file, through the library's own connection.
 *
 * TypeORM has one connection for a SQLite DataSource, and all requests share it. On that connection a revocation
 * would become part of another request's open transaction, and vanish with its rollback. And a check would see
 * uncommitted rows. Both were seen to happen.
 *
 * Statements and transactions run without a pause, so one connection is enough for reads and writes: no read
 * finds a transaction of the library half done.
 */
export class SqliteFileDatabase implements AuthDatabase {
  readonly dialect = sqlite;
  private opening: Promise<Connection> | undefined;
  private closed = false;

  constructor(
    private readonly dataSource: DataSource,
    /** How to wait for the lock of another connection. */
    private readonly wait: LockWait,
  ) {}

  async read(statement: Statement): Promise<readonly Row[]> {
    const { statements } = await this.connection();
    return retryWhileLocked(this.wait, () => orLocked(() => statements.run(statement).rows));
  }

  async transact<T>(work: () => Work<T>): Promise<T> {
    const { statements } = await this.connection();
    return retryWhileLocked(this.wait, () => statements.transact(work));
  }

  async tryTransact<T>(work: () => Work<T>): Promise<T | undefined> {
    const { handle, statements } = await this.connection();
    // To wait for the disk would block the event loop. If this commit is lost, rows are numbered or cleaned
    // again. The next full commit writes it to the disk.
    handle.pragma('synchronous = NORMAL');
    try {
      const result = statements.transact(work);
      return result === LOCKED ? undefined : result;
    } finally {
      handle.pragma('synchronous = FULL');
    }
  }

  join<T>(manager: EntityManager, work: () => Work<T>): Promise<T> {
    return joinSqlite(this.dataSource, manager, work);
  }

  async close(): Promise<void> {
    this.closed = true;
    const opened = await this.opening?.catch(() => undefined);
    opened?.handle.close();
  }

  private connection(): Promise<Connection> {
    if (this.closed) {
      throw new AuthDatabaseError(
        'closed',
        'AuthModule has closed its SQLite connection. Use it before the application shuts down.',
      );
    }
    this.opening ??= this.open().catch((error: unknown) => {
      // The next caller tries again: the file may have been locked, or the disk full.
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  private async open(): Promise<Connection> {
    const handle = await openOwn(this.dataSource, this.wait);
    return { handle, statements: new SqliteStatements(handle) };
  }
}

interface Connection {
  readonly handle: SqliteHandle;
  readonly statements: SqliteStatements;
}
