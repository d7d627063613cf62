import type { QueryRunner } from 'typeorm';
import type { Result, Statement } from '../database.js';

/** What each driver of a database server does in its own way. */
export interface PooledDriver {
  /**
   * The property of TypeORM's driver that holds the database module, the function or class of that module that
   * makes a pool, and the pool's event for a new connection.
   */
  readonly poolMaker: { readonly module: string; readonly maker: string; readonly event: string };
  /**
   * The options for a pool of so many connections, each made in time. By the driver's own names, which take
   * precedence over TypeORM's.
   */
  poolLimits(connections: number, timeoutMs: number): object;
  /** Ends a connection at once, without waiting for the server. */
  destroyConnection(connection: unknown): void;
  /**
   * Ends the connection of a runner at once, whatever it is doing, and removes it from its pool. The server
   * rolls back what was not committed.
   */
  destroyRunner(runner: QueryRunner, reason: Error): void;
  /** Whether the database ended the transaction in favour of another one, so that it may succeed when run again. */
  wasLost(driverError: object): boolean;
  /** Whether the server takes no writes: it is a replica. */
  isReadOnly(driverError: object): boolean;
  /**
   * Checks a transaction that TypeORM believes to be open. Rejects when the server has ended it, or when it may
   * not write.
   *
   * @throws RevocationError, or an error of the server that `mistakeIn` knows
   */
  checkTransaction(run: (statement: Statement) => Promise<Result>): Promise<void>;
  /** What the caller of a joined transaction did wrong; `undefined`: the error has another cause. */
  mistakeIn(driverError: object): string | undefined;
  /** Whether each statement of the transaction under way sees what was committed before it. */
  seesCommits(run: (statement: Statement) => Promise<Result>): Promise<boolean>;
}

export function connectionOf(runner: QueryRunner): unknown {
  return Reflect.get(runner, 'databaseConnection');
}

/** Calls a method that the types do not show, if it exists. */
export function call(on: unknown, name: string, ...args: readonly unknown[]): void {
  const method = member(on, name);
  if (typeof method === 'function') Reflect.apply(method, on, args);
}

export function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
