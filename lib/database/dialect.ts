/**
 * How the SQL of one family of databases differs from that of the others.
 *
 * Tables, columns, expressions and conditions are SQL: the caller has quoted what needs quotes.
 */
export interface Dialect {
  /**
   * The database's clock, in whole milliseconds since the epoch, for times that must not be *later* than
   * what the statement sees: when a token was issued, up to when the log was read, what has expired.
   *
   * It is the start of the statement. On PostgreSQL it is the start of the transaction, which is the same for
   * an autocommit statement. `statement_timestamp()` would be wrong there: it is set again when the statement is
   * executed, after the snapshot was taken. On a slow network a second may lie between the two.
   *
   * Drivers give it as a number, a text or a bigint; `Number()` of it is exact.
   */
  readonly now: string;
  /** Whether `now` stays the same for a whole transaction, and not only for one statement. */
  readonly nowIsOfTransaction: boolean;
  /**
   * The same clock when the expression is evaluated, for times that must not be *earlier* than what the
   * statement sees or waited for: when a row was seen, when a process was marked as left, when a question was
   * asked, when a user signed in. A transaction may have been open for long: there it also stands for the present.
   */
  readonly clock: string;
  /** Whether the server is a replica, and so may be behind: 1 or 0. */
  readonly isReplica: string;
  /** Whether each statement of the session is a transaction of its own: 1 or 0. */
  readonly autocommit: string;
  /**
   * Whether the driver answers before it returns to the event loop. Work on many rows must then leave room for
   * requests.
   */
  readonly isSynchronous: boolean;
  /** The most subjects that one statement asks for. */
  readonly maxBatch: number;
  /** The most rows of a page of the revocation log that have a number, and the most that have none. */
  readonly logPageSize: number;
  /** The most keys that one DELETE may name without waiting for locks on other rows. */
  readonly keysPerDelete: number;
  /**
   * What a change meets in a transaction whose snapshot is older than the newest commit: the `'newest'` rows,
   * a `'refusal'` by the database, or the rows of the `'snapshot'`. The last misses newer rows silently.
   */
  readonly changesMeet: 'newest' | 'refusal' | 'snapshot';
  /** Quotes an identifier; a path of several names is quoted name by name. */
  quote(...path: readonly string[]): string;
  /** The placeholder of the parameter at `index`, counted from 1. */
  placeholder(index: number): string;
  /**
   * `expression IN (values)`. It pushes its parameters to `params`. False for no values.
   * `columnType` is the database's type of the expression, for the cast that PostgreSQL needs.
   *
   * The column's collation decides what is equal, and it may ignore case or trailing spaces:
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
   * row. If the database cannot give all rows, the text is not JSON. It never holds only some of them.
   */
  jsonRows(expressions: readonly string[]): string;
  /** The larger of two numbers, neither of them NULL. */
  greatest(a: string, b: string): string;
  /** `SELECT` suffix that locks the rows read until the transaction ends; empty when the transaction itself locks. */
  readonly forUpdate: string;
  /** The same without waiting: if another holds the lock, there is no row, or the statement fails. */
  readonly forUpdateNoWait: string;
  /**
   * `LIMIT rows`, for a list in the order of an index. It must make the database read from that index.
   * PostgreSQL plans by statistics. A table that has just grown has none, or old ones, and PostgreSQL would read
   * and sort all of it for each page: 0.9 s instead of 1 ms with a million rows.
   */
  limit(rows: number): string;
  /**
   * An ORDER BY that only leads the planner to the index behind the column, for rows whose order does not
   * matter; empty when the database would sort them.
   */
  byIndexOf(column: string): string;
  /** An INSERT that leaves an existing row as it is. The number of changed rows that it reports means nothing. */
  insertIgnore(table: string, columns: readonly string[], values: readonly string[]): string;
  /**
   * Whether an error lies in the statement or its values, and not in reaching the database. An error of the
   * library, from reading the answer, is a fault of the row that was read.
   */
  isStatementFault(error: unknown): boolean;
}

/**
 * `expression IN (?, ?, …)`, filled up to a power of two by repeating the last value. So there are ten
 * different texts instead of a thousand, and prepared statements can be used again.
 */
export function inList(expression: string, values: readonly string[], params: unknown[]): string {
  const last = values.at(-1);
  if (last === undefined) return '1 = 0';
  const size = 2 ** Math.ceil(Math.log2(values.length));
  const padded = [...values, ...Array.from({ length: size - values.length }, () => last)];
  params.push(...padded);
  return `${expression} IN (${padded.map(() => '?').join(', ')})`;
}
