import type { DataSource } from 'typeorm';
import type { AuthDatabase, Column } from './database.js';
import type { Dialect } from './dialect.js';
import type { OpenLink } from './link.js';
import type { OpenTransaction } from './open-transaction.js';
import type { TriggerDialect } from './triggers/catalog.js';

/**
 * Everything in which one family of databases differs from the others. Each family has a folder beside this
 * file, with its adapter. `adapters.ts` lists them. A new database is a new folder and a line in that list.
 */
export interface DatabaseAdapter {
  /** The `type`s of the DataSources that it serves. */
  readonly types: readonly DataSource['options']['type'][];
  readonly dialect: Dialect;
  readonly schema: SchemaDialect;
  readonly triggers: TriggerDialect;
  /**
   * Whether an integer column holds only what its type allows. Otherwise every integer column holds 64 bits,
   * and the driver gives numbers, which cannot tell integers beyond 2^53 apart.
   */
  readonly hasTypedIntegers: boolean;
  /**
   * The letters that a text column may be compared with; `undefined`: any. Left out when no column has a character
   * set that lacks some.
   */
  lettersOf?(column: Column): ReadonlySet<string> | undefined;
  /**
   * The library's access to the database of an initialized DataSource, through the DataSource's own connections.
   *
   * @param transactions finds the transaction of a caller. No statement of this access may wait for it
   */
  open(dataSource: DataSource, timeoutMs: number, transactions?: OpenTransaction): AuthDatabase;
  /** The same through the library's own connections. The caller closes them. */
  openOwn(dataSource: DataSource, timeoutMs: number): Promise<AuthDatabase>;
  /**
   * A name of the database: the same text for every DataSource of this process that leads to it. `undefined`
   * when that cannot be known.
   */
  nameOf(dataSource: DataSource): string | undefined;
  /**
   * A connection on which processes tell each other that the log has something new; left out when the
   * database has no such channel.
   *
   * @param database another connection to the same server
   */
  wakeUpLink?(
    dataSource: DataSource,
    channel: string,
    database: Pick<AuthDatabase, 'read'>,
  ): OpenLink;
  /** What to change about the application's pool; `undefined`: nothing. */
  poolAdvice?(dataSource: DataSource): string | undefined;
  /**
   * Refuses sessions that read uncommitted changes; left out when the database has no such sessions.
   *
   * @throws AuthConfigurationError with the setting to change
   */
  refuseUncommittedReads?(database: AuthDatabase): Promise<void>;
  /**
   * Refuses a cluster of several primaries in which one answers reads before it has applied what was committed
   * on another: a read of the log would prove nothing. Left out when the database has no such clusters.
   *
   * @throws AuthConfigurationError with the setting that makes reads causal
   */
  refuseStalePrimaries?(database: AuthDatabase): Promise<void>;
}

/** The parts of the SQL that changes tables in which families of databases differ. */
export interface SchemaDialect {
  /** A column for times with milliseconds, as TypeORM makes it for a `Date`. */
  readonly timeType: string;
  readonly integerType: string;
  /** The type to CAST to for a text. */
  readonly castToText: string;
  /** A random value. The database evaluates the expression once for each row. */
  readonly random: string;
  /** For texts that must be compared bytewise; empty when the database does so by default. */
  readonly bytewise: { readonly charset?: string; readonly collation?: string };
  /** Whether a column can only be dropped when no index is on it any more. */
  readonly dropsIndexFirst: boolean;
  /**
   * Fills a column that was just added to a table in use. If the database can do it without rebuilding the
   * table, the column is NOT NULL afterwards, with a random default for inserts of code that does not know it.
   */
  fillColumn(column: ColumnToFill): readonly string[];
}

/** In SQL: names are quoted. */
export interface ColumnToFill {
  readonly table: string;
  readonly name: string;
  /** Its type, without NULL or NOT NULL. */
  readonly type: string;
  /** The value of the rows that are there. */
  readonly value: string;
}

/** Gives each row without a value its value. */
export function fillRows({ table, name, value }: ColumnToFill): string {
  return `UPDATE ${table} SET ${name} = ${value} WHERE ${name} IS NULL`;
}
