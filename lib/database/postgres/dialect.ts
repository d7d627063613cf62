import type { Dialect } from '../dialect.js';
import { isStatementFault, textOf } from '../faults.js';

/** PostgreSQL 13 and later. */
export const postgres: Dialect = {
  now: 'floor(extract(epoch from now()) * 1000)::bigint',
  nowIsOfTransaction: true,
  clock: 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint',
  isReplica: 'pg_is_in_recovery()::int',
  autocommit: '1',
  isSynchronous: false,
  maxBatch: 1000,
  logPageSize: 2_000,
  keysPerDelete: 200,
  changesMeet: 'snapshot',
  forUpdate: 'FOR UPDATE',
  forUpdateNoWait: 'FOR UPDATE SKIP LOCKED',

  quote: (...path) => path.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'),

  placeholder: (index) => `$${index}`,

  // One array parameter: the text, and with it the plan, is the same for any number of values.
  isAnyOf(expression, values, params, columnType) {
    if (values.length === 0) return '1 = 0';
    params.push(values);
    return `${expression} = ANY($${params.length}::${untruncated(columnType)}[])`;
  },

  jsonRows: (expressions) => `json_agg(json_build_array(${expressions.join(', ')}))::text`,

  greatest: (a, b) => `GREATEST(${a}, ${b})`,

  // The planner does not know how many rows a subquery will ask for, and plans for the first tenth: by the
  // index, because a sort gives nothing before it has read all.
  limit: (rows) => `LIMIT (SELECT ${rows})`,

  // Otherwise it may read the whole table, where it believes that the table holds nothing else.
  byIndexOf: (column) => `ORDER BY ${column}`,

  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`,

  isStatementFault: (error) => isStatementFault(error, (driver) => textOf(driver, 'code')),
};

/**
 * The type without its length: a cast to `varchar(5)` cuts a longer value, which may then equal another
 * user's, and `character` alone means one character.
 */
function untruncated(columnType: string): string {
  const type = columnType.replace(/\s*\(.*\)$/, '');
  return type === 'character' || type === 'char' ? 'bpchar' : type;
}
