import { AuthDatabaseError, AuthTimeoutError } from '../../errors/database.errors.js';
import { errorOf } from '../../errors/error-of.js';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { AuthDatabase, Result, Row, Statement, Work } from '../database.js';
import type { Dialect } from '../dialect.js';
import { drive } from '../drive.js';
import { transactionMistake } from '../open-transaction.js';
import { joinTransaction, runOn } from '../query-runner.js';
import { refuseReplica } from '../faults.js';
import { withTimeout } from '../with-timeout.js';
import { openOwnPool } from './own-pool.js';
import { member, type PooledDriver } from './pooled-driver.js';

/** How many times a transaction that loses against others is tried. */
const ATTEMPTS = 5;

interface PooledParts {
  readonly dialect: Dialect;
  readonly driver: PooledDriver;
  readonly dataSource: DataSource;
  /** How long one statement may take, and for how long lost transactions are tried again, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the DataSource is the library's own: `close()` then closes it. */
  readonly isOwn?: boolean;
}

/** The database through the pool of a DataSource, always on the primary. */
export class PooledDatabase implements AuthDatabase {
  readonly dialect: Dialect;
  private own: Promise<AuthDatabase> | undefined;
  private isClosed = false;

  constructor(private readonly parts: PooledParts) {
    this.dialect = parts.dialect;
  }

  read(statement: Statement, check?: (rows: readonly Row[]) => void): Promise<readonly Row[]> {
    return this.withRunner(async (runner) => {
      const { rows } = await this.run(runner, statement);
      try {
        check?.(rows);
      } catch (error) {
        this.parts.driver.destroyRunner(runner, errorOf(error));
        throw error;
      }
      return rows;
    });
  }

  async transact<T>(work: () => Work<T>): Promise<T> {
    const deadline = performance.now() + this.parts.timeoutMs;
    for (let attempt = 1; ; attempt++) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        return await this.withRunner((runner) => this.inTransaction(runner, work));
      } catch (error) {
        // The server may wait 50 s for a lock each time, so there is a deadline too.
        const again = attempt < ATTEMPTS && performance.now() < deadline;
        if (!again || !this.wasLost(error)) throw error;
      }
      // Two transactions that collided should not collide again.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(Math.random() * 20 * attempt);
    }
  }

  async tryTransact<T>(work: () => Work<T>): Promise<T | undefined> {
    try {
      return await this.withRunner((runner) => this.inTransaction(runner, work));
    } catch (error) {
      if (this.wasLost(error)) return undefined;
      throw error;
    }
  }

  async join<T>(manager: EntityManager, work: () => Work<T>): Promise<T> {
    const { driver, dataSource } = this.parts;
    try {
      return await joinTransaction(dataSource, manager, work, {
        check: (runner) => driver.checkTransaction((statement) => runOn(runner, statement)),
        readCommitted: async (runner, statement) => {
          const run = (next: Statement) => this.run(runner, next);
          if (await driver.seesCommits(run)) return run(statement);
          // Not through the pool: each of its connections may be in such a transaction, and none would be left.
          const rows = await (await this.ownDatabase()).read(statement, refuseReplica);
          return { rows, affected: rows.length };
        },
      });
    } catch (error) {
      const cause = driverErrorIn(error);
      const mistake = cause && driver.mistakeIn(cause);
      throw mistake === undefined ? error : transactionMistake(mistake, error);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const own = await this.own?.catch(() => undefined);
    await own?.close();
    if (this.parts.isOwn) await this.parts.dataSource.destroy();
  }

  /** The same database on connections outside of the application's pool. Opened when it is first needed. */
  private ownDatabase(): Promise<AuthDatabase> {
    // Nothing would close what is opened now.
    if (this.isClosed)
      return Promise.reject(new AuthDatabaseError('closed', 'The module was closed.'));
    if (this.parts.isOwn) return Promise.resolve(this);
    this.own ??= openOwnPooled(this.parts).catch((error: unknown) => {
      // The next caller tries again.
      this.own = undefined;
      throw error;
    });
    return this.own;
  }

  private async withRunner<T>(use: (runner: QueryRunner) => Promise<T>): Promise<T> {
    // 'master': a replica may not have the newest commits.
    const runner = this.parts.dataSource.createQueryRunner('master');
    await this.connect(runner);
    try {
      return await use(runner);
    } finally {
      await runner.release();
    }
  }

  /**
   * Connects within the deadline: a pool may wait without end for a free connection, or for a server that
   * accepts a connection and says nothing.
   */
  private async connect(runner: QueryRunner): Promise<void> {
    const connecting = runner.connect();
    try {
      await withTimeout(
        this.parts.timeoutMs,
        connecting,
        'The connection to the database was not made in time.',
      );
    } catch (error) {
      // A connection that comes too late goes back to the pool, which would otherwise lose it.
      connecting.then(
        () => runner.release(),
        () => undefined,
      );
      throw error;
    }
  }

  private async inTransaction<T>(runner: QueryRunner, work: () => Work<T>): Promise<T> {
    // MySQL's default, REPEATABLE READ, keeps reading the state of its first statement, even after another
    // session commits a newer one. It also locks the gaps between rows.
    await this.bounded(runner, () => runner.startTransaction('READ COMMITTED'));
    try {
      const result = await drive(work(), (statement) => this.run(runner, statement));
      await this.bounded(runner, () => runner.commitTransaction());
      return result;
    } catch (error) {
      const cause = driverErrorIn(error);
      const { driver } = this.parts;
      if (cause && driver.isReadOnly(cause)) driver.destroyRunner(runner, errorOf(error));
      // The first error says more than that of a failed rollback, and a broken connection rolls back anyway.
      if (runner.isTransactionActive) {
        await this.bounded(runner, () => runner.rollbackTransaction()).catch(() => undefined);
      }
      throw error;
    }
  }

  private run(runner: QueryRunner, statement: Statement): Promise<Result> {
    return this.bounded(runner, () => runOn(runner, statement));
  }

  /**
   * One exchange with the server, within the deadline. A dead connection would otherwise keep its place in the
   * pool: the drivers do not notice it (90 s without an event were seen).
   */
  private async bounded<T>(runner: QueryRunner, exchange: () => Promise<T>): Promise<T> {
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      late = setTimeout(() => {
        const error = new AuthTimeoutError();
        this.parts.driver.destroyRunner(runner, error);
        reject(error);
      }, this.parts.timeoutMs);
    });
    try {
      return await Promise.race([exchange(), deadline]);
    } finally {
      clearTimeout(late);
    }
  }

  private wasLost(error: unknown): boolean {
    const cause = driverErrorIn(error);
    return cause !== undefined && this.parts.driver.wasLost(cause);
  }
}

/**
 * The same database through the library's own connections, apart from the pool that requests share.
 *
 * A process that follows the log must not wait behind slow queries of the application: its memory would
 * expire just when the database has the most to do. And a transaction that holds a connection of a pool must not
 * wait for a second one of the same pool.
 */
export async function openOwnPooled(parts: PooledParts): Promise<AuthDatabase> {
  const dataSource = await openOwnPool(parts.dataSource, parts.driver, parts.timeoutMs);
  return new PooledDatabase({ ...parts, dataSource, isOwn: true });
}

function driverErrorIn(error: unknown): object | undefined {
  const cause = member(error, 'driverError');
  return typeof cause === 'object' && cause !== null ? cause : undefined;
}
