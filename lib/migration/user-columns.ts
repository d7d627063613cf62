import type { Dialect } from '../database/dialect.js';

/** Names for the columns to add to the users table; those that are not named are not added. */
export interface AddedUserColumns {
  /** Account status: `varchar(32) NOT NULL DEFAULT 'active'`. */
  readonly status?: string;
  /** Version for `tokenVersion()`: `integer NOT NULL DEFAULT 0`. */
  readonly tokenVersion?: string;
  /**
   * A subject that can be replaced: `varchar(64)` with a unique index. Rows that are there get their
   * id as text, so that tokens already out keep their subject.
   */
  readonly subject?: string;
  /** Instant of the newest sign-in, for `latestSignIn()`: `bigint`, null. */
  readonly latestSignIn?: string;
  /** End of a suspension: a time with milliseconds, null. */
  readonly suspendedUntil?: string;
  /** Soft deletion: a time with milliseconds, null. */
  readonly deletedAt?: string;
  /** End of the account's validity: a time with milliseconds, null. */
  readonly validUntil?: string;
  /** Tells two accounts apart that get the same id one after the other: `varchar(36)`, random for each row. */
  readonly birth?: string;
}

/** A column to add, in SQL. */
export interface AddedColumn {
  readonly name: string;
  /** What follows the name in ADD COLUMN. */
  readonly definition: string;
  /** Gives each row that is there a value of its own. */
  readonly fill?: string;
  readonly unique?: boolean;
}

/** A value that no two rows share, made by the database; it calls the function once for each row. */
const RANDOM = {
  postgres: 'gen_random_uuid()::text',
  mysql: 'UUID()',
  sqlite: 'lower(hex(randomblob(16)))',
} as const;

/** What TypeORM's `Date` columns are, with milliseconds. */
const TIME = { postgres: 'timestamptz(3)', mysql: 'datetime(3)', sqlite: 'datetime' } as const;

/** The columns, in the order in which they are added. `id` is the quoted primary key. */
export function addedColumns(
  { name: database }: Dialect,
  added: AddedUserColumns,
  id: string,
): readonly AddedColumn[] {
  const time = `${TIME[database]} NULL`;
  const idAsText = `CAST(${id} AS ${database === 'mysql' ? 'CHAR' : database === 'sqlite' ? 'TEXT' : 'varchar'})`;
  const definitions: Readonly<Record<keyof AddedUserColumns, Omit<AddedColumn, 'name'>>> = {
    status: { definition: "varchar(32) NOT NULL DEFAULT 'active'" },
    tokenVersion: { definition: `${database === 'mysql' ? 'int' : 'integer'} NOT NULL DEFAULT 0` },
    // Nullable while it is filled.
    subject: { definition: 'varchar(64) NULL', fill: idAsText, unique: true },
    latestSignIn: { definition: 'bigint NULL' },
    suspendedUntil: { definition: time },
    deletedAt: { definition: time },
    validUntil: { definition: time },
    birth: { definition: 'varchar(36) NULL', fill: RANDOM[database] },
  };
  const columns: AddedColumn[] = [];
  for (const [part, definition] of Object.entries(definitions)) {
    const name: unknown = Reflect.get(added, part);
    if (typeof name === 'string') columns.push({ name, ...definition });
  }
  return columns;
}

/** The default that makes the database itself give new rows a value, from code that does not know the column. */
export function randomDefault({ name: database }: Dialect): string {
  return database === 'postgres' ? 'gen_random_uuid()' : '(UUID())';
}
