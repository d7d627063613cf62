import type { Dialect } from '../dialect.js';
import { inList } from './in-list.js';

/** SQLite 3.35 and later. */
export const sqlite: Dialect = {
  name: 'sqlite',
  // 'now' is one instant for the whole statement. Not julianday(): a double holds days to about
  // 50 microseconds, and what is made of it is a millisecond off now and then.
  now: "(CAST(strftime('%s', 'now') AS INTEGER) * 1000 + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER))",
  maxBatch: 200,
  // BEGIN IMMEDIATE has locked the database already.
  forUpdate: '',

  quote: (...path) => path.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'),

  placeholder: () => '?',

  isAnyOf: inList,

  // json_group_array of no rows is '[]'; NULL, as the other databases give.
  jsonRows: (expressions) =>
    `CASE WHEN COUNT(*) > 0 THEN json_group_array(json_array(${expressions.join(', ')})) END`,

  greatest: (a, b) => `max(${a}, ${b})`,

  deleteBatch: (table, condition, limit) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${limit})`,

  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`,
};
