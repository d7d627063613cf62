import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { AuthDatabase, Result, Row, Statement, Work } from './database.js';
import type { Dialect } from './dialect.js';
import { destroyRunner } from './destroy-connection.js';
import { drive } from './drive.js';
import { joinTransaction, runOn } from './query-runner.js';
import { refuseReplica } from './replica.js';
import { withTimeout } from './with-timeout.js';

/** How often a transaction is begun before its losing is reported. */
const ATTEMPTS = 5;
/** PostgreSQL: serialization failure, deadlock (SQLSTATE class 40), lock not available. */
const LOST_STATES = new Set(['40001', '40P01', '55P03']);
/** MySQL and MariaDB: lock wait timeout, deadlock; MySQL's own for NOWAIT. */
const LOST_NUMBERS = new Set([1205, 1213, 3572]);
/** PostgreSQL: a standby. */
const READ_ONLY_STATES = new Set(['25006']);
/** MySQL and MariaDB: `read_only`; MySQL's own for `innodb_read_only`. */
const READ_ONLY_NUMBERS = new Set([1290, 1836]);

/** PostgreSQL, MySQL and MariaDB: connections of a DataSource's pool, to the primary. */
export class PooledDatabase implements AuthDatabase {
  private own: Promise<AuthDatabase> | undefined;
  private isClosed = false;

  constructor(
    readonly dialect: Dialect,
    private readonly dataSource: DataSource,
    /** How long one statement may take, and how long lost transactions are begun anew, in milliseconds. */
    private readonly timeoutMs: number,
    /** Closes the pool where it is not the application's. */
    private readonly closePool: () => Promise<void> = () => Promise.resolve(),
    /** Opens connections beside the pool. */
    private readonly openOwn: () => Promise<AuthDatabase> = () => Promise.resolve(this),
  ) {}

  read(statement: Statement, check?: (rows: readonly Row[]) => void): Promise<readonly Row[]> {
    return this.withRunner(async (runner) => {
      const { rows } = await this.run(runner, statement);
      try {
        check?.(rows);
      } catch (error) {
        destroyRunner(runner, error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
      return rows;
    });
  }

  async transact<T>(work: () => Work<T>): Promise<T> {
    const deadline = performance.now() + this.timeoutMs;
    for (let attempt = 1; ; attempt++) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        return await this.withRunner((runner) => this.inTransaction(runner, work));
      } catch (error) {
        // Waiting for a lock may take the server 50 s a time; so there is a deadline too.
        const again = attempt < ATTEMPTS && performance.now() < deadline;
        if (!again || !wasLost(error)) throw error;
      }
      // Two that met once must not meet again at the same moment.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(Math.random() * 20 * attempt);
    }
  }

  async tryTransact<T>(work: () => Work<T>): Promise<T | undefined> {
    try {
      return await this.withRunner((runner) => this.inTransaction(runner, work));
    } catch (error) {
      if (wasLost(error)) return undefined;
      throw error;
    }
  }

  join<T>(manager: EntityManager, work: () => Work<T>): Promise<T> {
    return joinTransaction(this.dataSource, manager, work, async (runner, statement) => {
      if (await this.seesCommits(runner)) return this.run(runner, statement);
      // Beside the pool: where each of its connections is in such a transaction, none would be left.
      const rows = await (await this.ownDatabase()).read(statement, refuseReplica);
      return { rows, affected: rows.length };
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const own = await this.own?.catch(() => undefined);
    if (own !== undefined && own !== this) await own.close();
    await this.closePool();
  }

  private ownDatabase(): Promise<AuthDatabase> {
    // Nobody would close it.
    if (this.isClosed) return Promise.reject(new Error('The module was closed.'));
    this.own ??= this.openOwn().catch((error: unknown) => {
      // The next one tries anew.
      this.own = undefined;
      throw error;
    });
    return this.own;
  }

  /**
   * Whether each statement of a transaction sees what was committed before it. MySQL and MariaDB do not
   * tell: `@@transaction_isolation` is that of the next transaction.
   */
  private async seesCommits(runner: QueryRunner): Promise<boolean> {
    if (this.dialect.name !== 'postgres') return false;
    const { rows } = await this.run(runner, {
      sql: `SELECT current_setting('transaction_isolation') AS isolation`,
      params: [],
    });
    return rows[0]?.['isolation'] === 'read committed';
  }

  private async withRunner<T>(use: (runner: QueryRunner) => Promise<T>): Promise<T> {
    // 'master': a replica may not know yet of what was committed.
    const runner = this.dataSource.createQueryRunner('master');
    await this.connect(runner);
    try {
      return await use(runner);
    } finally {
      await runner.release();
    }
  }

  /**
   * No longer than the deadline: a pool may wait without end for one of its connections, and for a server
   * that takes a connection and says nothing.
   */
  private async connect(runner: QueryRunner): Promise<void> {
    const connecting = runner.connect();
    try {
      await withTimeout(
        this.timeoutMs,
        connecting,
        'The database could not be connected to in time.',
      );
    } catch (error) {
      // One that comes after all goes back to the pool, which would miss it for ever.
      connecting.then(
        () => runner.release(),
        () => undefined,
      );
      throw error;
    }
  }

  private async inTransaction<T>(runner: QueryRunner, work: () => Work<T>): Promise<T> {
    // MySQL's default, REPEATABLE READ, goes on reading the state of its first statement after another
    // session committed a newer one, and locks the gaps between rows.
    await this.bounded(runner, () => runner.startTransaction('READ COMMITTED'));
    try {
      const result = await drive(work(), (statement) => this.run(runner, statement));
      await this.bounded(runner, () => runner.commitTransaction());
      return result;
    } catch (error) {
      if (error instanceof Error && isReadOnly(error)) destroyRunner(runner, error);
      // A rollback that fails says less than what led to it, and a broken connection rolls back anyway.
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
   * One exchange with the server, and no longer than the deadline. A connection on which nothing comes
   * back any more would keep its place in the pool for ever: the drivers do not notice (90 s without
   * an event were seen).
   */
  private async bounded<T>(runner: QueryRunner, exchange: () => Promise<T>): Promise<T> {
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      late = setTimeout(() => {
        const error = new Error('The database did not answer in time.');
        destroyRunner(runner, error);
        reject(error);
      }, this.timeoutMs);
    });
    try {
      return await Promise.race([exchange(), deadline]);
    } finally {
      clearTimeout(late);
    }
  }
}

/** Whether the database ended the transaction in favour of another one: to run it again may succeed. */
function wasLost(error: unknown): boolean {
  return isOneOf(error, LOST_STATES, LOST_NUMBERS);
}

/** Whether the server takes no writes: the connection leads to one that only follows. */
function isReadOnly(error: unknown): boolean {
  return isOneOf(error, READ_ONLY_STATES, READ_ONLY_NUMBERS);
}

function isOneOf(error: unknown, states: Set<string>, numbers: Set<number>): boolean {
  if (typeof error !== 'object' || error === null || !('driverError' in error)) return false;
  const driver: unknown = error.driverError;
  if (typeof driver !== 'object' || driver === null) return false;
  if ('errno' in driver && typeof driver.errno === 'number') return numbers.has(driver.errno);
  return 'code' in driver && typeof driver.code === 'string' && states.has(driver.code);
}
