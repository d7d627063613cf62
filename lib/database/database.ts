import { AuthDatabaseError } from '../errors/database.errors.js';
import type { EntityManager, EntityMetadata } from 'typeorm';
import type { Dialect } from './dialect.js';

/** A statement with its parameters, in the placeholders of the dialect. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
  /**
   * Only for a read: in a caller's transaction it must show what is committed now, not what was committed
   * when that transaction began.
   */
  readonly committed?: true;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Result {
  /** The rows of a SELECT, or of a RETURNING clause. */
  readonly rows: readonly Row[];
  /** How many rows a change found, or the number of `rows`. */
  readonly affected: number;
}

/**
 * A piece of work on the database: it yields statements and receives their results.
 *
 * It is a generator, because the same code must run on SQLite without a pause and on network drivers with an
 * await between statements. (SQLite's driver is synchronous: a transaction that stays open across a turn of the
 * event loop would freeze a process that waits for it.)
 */
export type Work<T> = Generator<Statement, T, Result>;

/**
 * The library's access to the primary database.
 *
 * An error of the database is thrown as the driver threw it, or in TypeORM's `QueryFailedError` with the
 * driver's error as `driverError`. The library's own refusals are an `AuthDatabaseError`. An error that the work
 * throws is thrown unchanged. Nothing resolves before its changes are committed (`join`: before the statements
 * ran in the caller's transaction).
 */
export interface AuthDatabase {
  readonly dialect: Dialect;
  /**
   * One autocommit statement that sees only what was committed when it began.
   *
   * @param check throws when the answer shows that the connection leads to the wrong server. The connection is
   * then destroyed, and the pool makes a new one, which may lead to another server
   */
  read(statement: Statement, check?: (rows: readonly Row[]) => void): Promise<readonly Row[]>;
  /**
   * All or nothing, in the library's own transaction; durable when it resolves. If it loses against another
   * transaction (a deadlock, a lock), it runs again, each time from a new generator.
   */
  transact<T>(work: () => Work<T>): Promise<T>;
  /**
   * The same, but only once: `undefined` when it lost against another transaction, and nothing was done. For
   * work that another process can do too, or that can wait for the next time. A SQLite file may also lose it
   * when its machine loses power.
   */
  tryTransact<T>(work: () => Work<T>): Promise<T | undefined>;
  /**
   * As part of the caller's transaction, which commits it or rolls it back. Pieces of work on the same manager
   * run one after the other.
   *
   * @throws InvalidArgumentError the transaction cannot be joined: it belongs to another DataSource, has ended
   * or failed, or is read-only
   */
  join<T>(manager: EntityManager, work: () => Work<T>): Promise<T>;
  /** Closes the connections that the library opened itself. */
  close(): Promise<void>;
}

/** TypeORM's description of a column; it does not export the type by name. */
export type Column = EntityMetadata['columns'][number];

/**
 * A 64-bit integer as drivers give it: a text, a number or a bigint. Beyond 2^53 a number cannot hold it
 * exactly, so that is refused.
 *
 * @throws AuthDatabaseError for anything else
 */
export function exactInteger(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (value !== '' && typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new AuthDatabaseError(
    'unreadable',
    'The database did not return a whole number where one was expected.',
  );
}
