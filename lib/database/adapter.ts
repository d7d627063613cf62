import type { DataSource } from 'typeorm';
import type { AuthDatabase } from './database.js';
import type { Dialect } from './dialect.js';
import type { OpenLink } from './link.js';
import type { OpenTransaction } from './open-transaction.js';
import type { TriggerDialect } from './triggers/catalog.js';

/**
 * Everything in which one family of databases differs from the others. Each has a folder beside this file
 * with its adapter; `adapters.ts` lists them. A new database is a new folder and a line in that list.
 */
export interface DatabaseAdapter {
  /** The `type`s of the DataSources that it serves. */
  readonly types: readonly DataSource['options']['type'][];
  readonly dialect: Dialect;
  readonly schema: SchemaDialect;
  readonly triggers: TriggerDialect;
  /**
   * Whether an integer column holds what its type promises. Otherwise every one holds 64 bits, and the
   * driver gives numbers, in which integers beyond 2^53 run into each other.
   */
  readonly hasTypedIntegers: boolean;
  /**
   * The library's access to the database of an initialized DataSource, through the DataSource's own connections.
   *
   * @param transactions finds the transaction of a caller, which no statement of this access must wait for
   */
  open(dataSource: DataSource, timeoutMs: number, transactions?: OpenTransaction): AuthDatabase;
  /** The same through connections of the library's own. The caller closes it. */
  openOwn(dataSource: DataSource, timeoutMs: number): Promise<AuthDatabase>;
  /**
   * Names the database, the same text for every DataSource of this process that leads to it; `undefined`
   * where only the DataSource itself is known to lead there.
   */
  nameOf(dataSource: DataSource): string | undefined;
  /**
   * A connection on which processes tell each other that the log has something new; left out where the
   * database has no such channel.
   *
   * @param database another connection to the same server
   */
  wakeUpLink?(
    dataSource: DataSource,
    channel: string,
    database: Pick<AuthDatabase, 'read'>,
  ): OpenLink;
  /** What to change about the application's pool; `undefined` where nothing need be. */
  poolAdvice?(dataSource: DataSource): string | undefined;
  /**
   * Refuses sessions that read what is not committed; left out where there are none.
   *
   * @throws AuthConfigurationError with the setting to change
   */
  refuseUncommittedReads?(database: AuthDatabase): Promise<void>;
  /**
   * Refuses clusters with several primaries that answer reads before they have applied what was committed
   * on another one: a read of the log would prove nothing. Left out where there are none.
   *
   * @throws AuthConfigurationError with the setting that makes reads causal
   */
  refuseStalePrimaries?(database: AuthDatabase): Promise<void>;
}

/** The SQL that changes tables, where it differs between families of databases. */
export interface SchemaDialect {
  /** A column for times with milliseconds, as TypeORM makes it for a `Date`. */
  readonly timeType: string;
  readonly integerType: string;
  /** The type to CAST to for a text. */
  readonly castToText: string;
  /** An expression that gives each row a value of its own: the database evaluates it once for each row. */
  readonly random: string;
  /** For texts that must be compared bytewise; empty where the database does so by default. */
  readonly bytewise: { readonly charset?: string; readonly collation?: string };
  /** Whether a column can only be dropped when no index is on it any more. */
  readonly dropsIndexFirst: boolean;
  /**
   * Gives the rows of a table in use a value in a column that was just added. Afterwards the column is NOT
   * NULL, with a random default for inserts of code that does not know it yet, where the database can do
   * that without rebuilding the table.
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
