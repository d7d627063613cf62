import type { Dialect } from '../dialect.js';
import { inList } from './in-list.js';

/** MySQL 8.0.13 and later, MariaDB 10.5 and later. */
export const mysql: Dialect = {
  name: 'mysql',
  // UTC_TIMESTAMP, never NOW(): the session's time zone repeats an hour once a year. Both are the
  // start of the statement.
  now: "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)",
  maxBatch: 200,
  forUpdate: 'FOR UPDATE',

  quote: (...path) => path.map((name) => `\`${name.replaceAll('`', '``')}\``).join('.'),

  placeholder: () => '?',

  isAnyOf: inList,

  // MariaDB cuts JSON_ARRAYAGG at group_concat_max_len, and a cut between two elements leaves valid
  // JSON with rows missing (seen on 10.11 with a limit of 17): a denial would be lost in silence. So
  // the elements are counted, and what is not whole is text that no JSON parser takes.
  // As CHAR, because mysql2 parses a JSON column by itself.
  jsonRows(expressions) {
    const rows = `JSON_ARRAYAGG(JSON_ARRAY(${expressions.join(', ')}))`;
    return (
      `CASE WHEN COUNT(*) = 0 THEN NULL WHEN JSON_LENGTH(${rows}) = COUNT(*)` +
      ` THEN CAST(${rows} AS CHAR) ELSE 'cut short: raise group_concat_max_len' END`
    );
  },

  greatest: (a, b) => `GREATEST(${a}, ${b})`,

  deleteBatch: (table, condition, limit) =>
    `DELETE FROM ${table} WHERE ${condition} LIMIT ${limit}`,

  // Not INSERT IGNORE, which also turns a NULL or a text that is too long into a warning.
  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')})` +
    ` ON DUPLICATE KEY UPDATE ${columns[0]} = ${columns[0]}`,
};
