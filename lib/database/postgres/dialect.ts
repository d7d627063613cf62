import type { Dialect } from '../dialect.js';

/** PostgreSQL 13 and later. */
export const postgres: Dialect = {
  name: 'postgres',
  now: 'floor(extract(epoch from now()) * 1000)::bigint',
  clock: 'floor(extract(epoch from clock_timestamp()) * 1000)::bigint',
  isReplica: 'pg_is_in_recovery()::int',
  maxBatch: 1000,
  forUpdate: 'FOR UPDATE',
  forUpdateNoWait: 'FOR UPDATE SKIP LOCKED',
  keysPerDelete: 200,

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

  // How many rows a subquery will ask for the planner does not know, and plans for the first tenth: by the
  // index, for a sort gives nothing before it has read all.
  limit: (rows) => `LIMIT (SELECT ${rows})`,

  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`,
};

/**
 * The type without its length: a cast to `varchar(5)` cuts a longer value to one that may be
 * somebody else's, and `character` alone means one character.
 */
function untruncated(columnType: string): string {
  const type = columnType.replace(/\s*\(.*\)$/, '');
  return type === 'character' || type === 'char' ? 'bpchar' : type;
}
