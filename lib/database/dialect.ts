/**
 * The few places where the three families of databases differ in SQL.
 *
 * Tables, columns, expressions and conditions are SQL: whoever calls has quoted what needs it.
 */
export interface Dialect {
  readonly name: 'postgres' | 'mysql' | 'sqlite';
  /**
   * The database's clock, in whole milliseconds since the epoch, for times that must not be *later* than
   * what the statement sees: when a token was issued, up to when the log was read, what has expired. The
   * start of the statement; on PostgreSQL that of the transaction, which is the same for an autocommit
   * statement. `statement_timestamp()` will not do there: it is set again when the statement is executed,
   * after the snapshot was taken, and between the two may lie a second of a slow network.
   *
   * Drivers give it as number, text or bigint; `Number()` of it is exact.
   */
  readonly now: string;
  /**
   * The same at the moment in which the expression is evaluated, for times that must not be *earlier* than
   * what the statement sees or waited for: when a row was seen, a process given up, a question asked, a
   * sign-in made. In a transaction also for what compares with the present, as it may be long open.
   */
  readonly clock: string;
  /** Whether the server only follows another one, and so may be behind: 1 or 0. */
  readonly isReplica: string;
  /** The most subjects one statement asks for. */
  readonly maxBatch: number;
  /** Quotes an identifier; a path of several names is quoted name by name. */
  quote(...path: readonly string[]): string;
  /** The placeholder of the parameter at `index`, counted from 1. */
  placeholder(index: number): string;
  /**
   * `expression IN (values)`, pushing whatever parameters it takes; false for no values.
   * `columnType` is the database's type of the expression, for the cast that PostgreSQL needs.
   *
   * What is equal is the column's collation to say, which may ignore case or trailing spaces:
   * compare the values that come back.
   */
  isAnyOf(
    expression: string,
    values: readonly string[],
    params: unknown[],
    columnType: string,
  ): string;
  /**
   * An aggregate that collects the rows of a group as a JSON text: an array of arrays. `NULL` for no
   * row. Where the database cannot give all rows, it is text that is not JSON: never some of them.
   */
  jsonRows(expressions: readonly string[]): string;
  /** The larger of two numbers, neither of them NULL. */
  greatest(a: string, b: string): string;
  /** `SELECT` suffix that locks the rows read until the transaction ends; empty where the transaction itself locks. */
  readonly forUpdate: string;
  /** The same for a lock that is not waited for: where it is held, there is no row, or the statement fails. */
  readonly forUpdateNoWait: string;
  /**
   * `LIMIT rows`, for a list whose order an index has, which is to be taken from there however many rows
   * the database believes that there are. PostgreSQL goes by statistics; a table that has just grown has
   * none, or those of before, and it would read and sort all of it for each page: 0.9 s instead of 1 ms
   * with a million rows.
   */
  limit(rows: number): string;
  /** The most keys that one DELETE may name and still wait at no other row. */
  readonly keysPerDelete: number;
  /** An INSERT that leaves an existing row as it is. How many rows it says to have changed means nothing. */
  insertIgnore(table: string, columns: readonly string[], values: readonly string[]): string;
}
