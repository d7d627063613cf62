import type { QueryRunner } from 'typeorm';
import type { Result, Statement } from '../database.js';

/** What the driver of a database server does in its own way. */
export interface PooledDriver {
  /** Where TypeORM's driver keeps the module that it connects by, what makes a pool there, and the event of a new connection. */
  readonly poolMaker: { readonly module: string; readonly maker: string; readonly event: string };
  /**
   * The options for a pool of so many connections, each made in time. In the driver's own words, which go
   * before TypeORM's.
   */
  poolLimits(connections: number, timeoutMs: number): object;
  /** Ends a connection at once, without waiting for the server. */
  destroyConnection(connection: unknown): void;
  /**
   * The same with the connection under a runner, which also leaves its pool, whatever it is doing. The server rolls
   * back what was not committed.
   */
  destroyRunner(runner: QueryRunner, reason: Error): void;
  /** Whether the database ended the transaction in favour of another one: to run it again may succeed. */
  wasLost(driverError: object): boolean;
  /** Whether the server takes no writes: the connection leads to one that only follows. */
  isReadOnly(driverError: object): boolean;
  /**
   * For a transaction that TypeORM believes to be open. Rejects where the server has ended it, or lets it not
   * write.
   *
   * @throws RevocationError, or an error of the server that `mistakeIn` knows
   */
  checkTransaction(run: (statement: Statement) => Promise<Result>): Promise<void>;
  /** What the caller of a joined transaction did wrong; `undefined`: it was something else. */
  mistakeIn(driverError: object): string | undefined;
  /** Whether each statement of the transaction under way sees what was committed before it. */
  seesCommits(run: (statement: Statement) => Promise<Result>): Promise<boolean>;
}

export function connectionOf(runner: QueryRunner): unknown {
  return Reflect.get(runner, 'databaseConnection');
}

/** Calls a method that the types do not show, where it is there. */
export function call(on: unknown, name: string, ...args: readonly unknown[]): void {
  const method = member(on, name);
  if (typeof method === 'function') Reflect.apply(method, on, args);
}

export function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
