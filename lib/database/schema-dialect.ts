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
