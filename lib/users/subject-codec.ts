import type { DataSource } from 'typeorm';
import { adapterOf } from '../database/adapters.js';
import type { Column } from '../database/database.js';

/**
 * Which texts the subject column can hold.
 *
 * A `sub` comes from outside. A text that the column cannot hold is refused without a query: PostgreSQL would fail
 * the whole batch (22P02, 22003), and MySQL would compare loosely, so that `'1abc'` finds the user 1.
 */
export interface SubjectCodec {
  /** The column's database type, for the cast that PostgreSQL needs. */
  readonly databaseType: string;
  /** Whether values are random (UUIDs), so that no second account ever gets one. */
  readonly isRandom: boolean;
  /** Whether the column could hold exactly this text. */
  canHold(subject: string): boolean;
}

export const INTEGER_BYTES: Readonly<Record<string, number>> = {
  tinyint: 1,
  smallint: 2,
  int2: 2,
  mediumint: 3,
  int: 4,
  integer: 4,
  int4: 4,
  number: 4,
  bigint: 8,
  int8: 8,
};
const TEXTS = new Set([
  'varchar',
  'character varying',
  'char',
  'character',
  'text',
  'tinytext',
  'mediumtext',
  'longtext',
  'nvarchar',
  'nchar',
  'varying character',
]);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** NUL, which PostgreSQL text cannot hold, and lone surrogates, which no UTF-8 text can. */
// oxlint-disable-next-line no-control-regex
const UNSTORABLE = /[\0\ud800-\udfff]/u;
/** The longest subject: the length of the revocation log's `ref` column. */
const LONGEST = 255;

/** The codec of a subject column; `undefined` for a type that cannot be looked up by text. */
export function subjectCodec(dataSource: DataSource, column: Column): SubjectCodec | undefined {
  if (column.transformer || column.isArray) return undefined;
  const { driver } = dataSource;
  const databaseType = driver.normalizeType(column);
  // If the database has no uuid type, TypeORM keeps a generated UUID in a text column.
  const isUuid = databaseType === 'uuid' || column.generationStrategy === 'uuid';
  if (isUuid) return { databaseType, isRandom: true, canHold: (subject) => UUID.test(subject) };
  const bytes = INTEGER_BYTES[databaseType];
  if (bytes !== undefined) {
    const canHold = adapterOf(dataSource).hasTypedIntegers
      ? integersOf(bytes, column.unsigned)
      : integers(BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER));
    return { databaseType, isRandom: false, canHold };
  }
  if (!TEXTS.has(databaseType)) return undefined;
  const limit = Math.min(Number(driver.getColumnLength(column)) || LONGEST, LONGEST);
  const letters = adapterOf(dataSource).lettersOf?.(column);
  return {
    databaseType,
    isRandom: false,
    canHold: (subject) =>
      isStorable(subject) &&
      [...subject].length <= limit &&
      (letters === undefined || [...subject].every((letter) => letters.has(letter))),
  };
}

/** Whether a text can be a parameter of a query on any database, and a `ref` of the log. */
export function isStorable(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST && !UNSTORABLE.test(text);
}

function integersOf(bytes: number, unsigned: boolean): (subject: string) => boolean {
  const span = 1n << BigInt(bytes * 8);
  return unsigned ? integers(0n, span - 1n) : integers(-span / 2n, span / 2n - 1n);
}

function integers(low: bigint, high: bigint): (subject: string) => boolean {
  return (subject) => {
    // Only the canonical form: '007', '+7' and '7.0' are not what a token was issued with.
    if (!/^(?:0|-?[1-9]\d{0,19})$/.test(subject)) return false;
    const value = BigInt(subject);
    return value >= low && value <= high;
  };
}
