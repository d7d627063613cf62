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

  // One array parameter: the text, and so the plan, is the same for any number of values.
  isAnyOf(expression, values, params, columnType) {
    if (values.length === 0) return '1 = 0';
    params.push(values);
    return `${expression} = ANY($${params.length}::${untruncated(columnType)}[])`;
  },

  jsonRows: (expressions) => `json_agg(json_build_array(${expressions.join(', ')}))::text`,

  greatest: (a, b) => `GREATEST(${a}, ${b})`,

  // The planner does not know how many rows a subquery asks for, and plans to read a tenth of all. It then takes
  // the index, because a sort gives no row before it has read all of them.
  limit: (rows) => `LIMIT (SELECT ${rows})`,

  // Otherwise the planner may read the whole table, if it believes that every row matches.
  byIndexOf: (column) => `ORDER BY ${column}`,

  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`,

  isStatementFault: (error) => isStatementFault(error, (driver) => textOf(driver, 'code')),
};

/**
 * The type without its length. A cast to `varchar(5)` cuts a longer value, and the rest may equal another
 * user's value. `character` without a length means one character.
 */
function untruncated(columnType: string): string {
  const type = columnType.replace(/\s*\(.*\)$/, '');
  return type === 'character' || type === 'char' ? 'bpchar' : type;
}
