import type { SchemaDialect } from '../database/database-adapter.js';

/** Names for the columns to add to the users table. A column without a name is not added. */
export interface AddedUserColumns {
  /** Account status: `varchar(32) NOT NULL DEFAULT 'active'`. */
  readonly status?: string;
  /** Version for `tokenVersion()`: `integer NOT NULL DEFAULT 0`. */
  readonly tokenVersion?: string;
  /**
   * A subject that can be replaced: `varchar(64)` with a unique index. Existing rows get their id as text, so tokens
   * in use keep their subject.
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
  /**
   * Tells an account from a later account with the same id: `varchar(36)`, random for each row. It is not a time,
   * because all existing rows would get the same time.
   */
  readonly createdAt?: string;
}

/** The compiler compares the names with {@link AddedUserColumns}. */
export const ADDED_COLUMNS = {
  status: true,
  tokenVersion: true,
  subject: true,
  latestSignIn: true,
  suspendedUntil: true,
  deletedAt: true,
  validUntil: true,
  createdAt: true,
} as const satisfies Record<keyof AddedUserColumns, true>;

export interface AddedColumn {
  readonly name: string;
  readonly type: string;
  /** What follows the type in ADD COLUMN. */
  readonly constraint: string;
  /** The expression for the value of each existing row. */
  readonly fill?: string;
  readonly unique?: boolean;
}

/** The columns, in the order in which they are added. `id` is the quoted primary key. */
export function addedColumns(
  { timeType, integerType, castToText, random }: SchemaDialect,
  added: AddedUserColumns,
  id: string,
): readonly AddedColumn[] {
  const time = { type: timeType, constraint: 'NULL' };
  const definitions: Readonly<Record<keyof AddedUserColumns, Omit<AddedColumn, 'name'>>> = {
    status: { type: 'varchar(32)', constraint: "NOT NULL DEFAULT 'active'" },
    tokenVersion: { type: integerType, constraint: 'NOT NULL DEFAULT 0' },
    // Nullable while they are filled.
    subject: {
      type: 'varchar(64)',
      constraint: 'NULL',
      fill: `CAST(${id} AS ${castToText})`,
      unique: true,
    },
    latestSignIn: { type: 'bigint', constraint: 'NULL' },
    suspendedUntil: time,
    deletedAt: time,
    validUntil: time,
    createdAt: { type: 'varchar(36)', constraint: 'NULL', fill: random },
  };
  return Object.entries(definitions).flatMap(([part, definition]): AddedColumn[] => {
    const name: unknown = Reflect.get(added, part);
    return typeof name === 'string' ? [{ name, ...definition }] : [];
  });
}
