import type { EntityManager } from 'typeorm';
import type { Dialect } from './dialect.js';

/** A statement with its parameters, in the placeholders of the dialect. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
  /**
   * Only for a read: in a caller's transaction it must show what is committed now, and not what was when
   * that transaction began.
   */
  readonly committed?: true;
}

export type Row = Readonly<Record<string, unknown>>;

/** What a statement gave. */
export interface Result {
  /** The rows of a SELECT, or of a RETURNING clause. */
  readonly rows: readonly Row[];
  /** How many rows a change found, or how many rows there are. */
  readonly affected: number;
}

/**
 * A piece of work on the database: it yields statements and is given their results.
 *
 * A generator, because SQLite must run it without a pause (its driver is synchronous, and a
 * transaction held open across a turn of the event loop would freeze the process that waits for
 * it) while the network drivers must await between statements. One text serves both.
 */
export type Work<T> = Generator<Statement, T, Result>;

/**
 * The library's way to the primary database.
 *
 * What the database reports comes as the driver threw it, or in TypeORM's `QueryFailedError` with the
 * driver's as `driverError`; the library's own refusals are an `AuthDatabaseError`; what the work
 * throws itself comes out unchanged. Nothing resolves before what it did is committed (`join`: before
 * the statements were carried out in the caller's transaction).
 */
export interface AuthDatabase {
  readonly dialect: Dialect;
  /**
   * One autocommit statement that sees only what was committed when it began.
   *
   * @param check throws where the answer shows that the connection leads to the wrong server; it is then
   * given up, so that the pool makes a new one, which may lead elsewhere by now
   */
  read(statement: Statement, check?: (rows: readonly Row[]) => void): Promise<readonly Row[]>;
  /**
   * All or nothing, in a transaction of the library's own; durable when it resolves. Where it lost to
   * another transaction (a deadlock, a lock) it is run again, each time from a new generator.
   */
  transact<T>(work: () => Work<T>): Promise<T>;
  /**
   * The same, once and without patience: `undefined` when it lost to another transaction, and nothing
   * was done. For work that somebody else does just as well, or the next time will: a SQLite file whose
   * machine loses power may lose it too.
   */
  tryTransact<T>(work: () => Work<T>): Promise<T | undefined>;
  /**
   * As part of the caller's transaction, and with it committed or rolled back. A manager that is in
   * no transaction is refused: there would be nothing to join.
   */
  join<T>(manager: EntityManager, work: () => Work<T>): Promise<T>;
  /** Releases what the library opened itself. */
  close(): Promise<void>;
}
