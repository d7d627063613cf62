import { type Dialect, inList } from '../dialect.js';
import { isStatementFault, textOf } from '../faults.js';

/** The start of the statement. UTC_TIMESTAMP, never NOW(): the session's time zone repeats an hour once a year. */
const NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";

/** The name of a setting says OFF in some versions where others give 0. */
const isOn = (setting: string) => `CAST(@@global.${setting} AS CHAR) NOT IN ('0', 'OFF')`;

/** MySQL 8.0.13 and later, MariaDB 10.5 and later. */
export const mysql: Dialect = {
  now: `(${NOW})`,
  nowIsOfTransaction: false,
  // SYSDATE() moves on where NOW() stands still. Only their difference is used, because both are of
  // the session's time zone.
  clock: `(${NOW} + GREATEST(0, TIMESTAMPDIFF(MICROSECOND, NOW(3), SYSDATE(3)) DIV 1000))`,
  // A reader of Amazon Aurora has only the latter.
  isReplica: `(${isOn('read_only')} OR ${isOn('innodb_read_only')})`,
  autocommit: '@@autocommit',
  isSynchronous: false,
  maxBatch: 200,
  logPageSize: 2_000,
  // A locking read, and an update, go to the newest version.
  changesMeet: 'newest',
  forUpdate: 'FOR UPDATE',
  // SKIP LOCKED came to MariaDB with 10.6 only.
  forUpdateNoWait: 'FOR UPDATE NOWAIT',
  // The optimizer reads all rows of a small table, and a DELETE then waits at those that others have
  // inserted and not committed. It takes no index hint. In the form that takes one, MariaDB 10.11 reads
  // all rows in spite of it.
  keysPerDelete: 1,

  quote: (...path) => path.map((name) => `\`${name.replaceAll('`', '``')}\``).join('.'),

  placeholder: () => '?',

  isAnyOf: inList,

  // MariaDB cuts JSON_ARRAYAGG at group_concat_max_len, and a cut between two elements leaves valid
  // JSON with rows missing (seen on 10.11 with a limit of 17): a denial would be lost silently. So
  // the elements are counted, and an incomplete list becomes text that no JSON parser takes.
  // As CHAR, because mysql2 parses a JSON column by itself.
  jsonRows(expressions) {
    const rows = `JSON_ARRAYAGG(JSON_ARRAY(${expressions.join(', ')}))`;
    return (
      `CASE WHEN COUNT(*) = 0 THEN NULL WHEN JSON_LENGTH(${rows}) = COUNT(*)` +
      ` THEN CAST(${rows} AS CHAR) ELSE 'cut short: raise group_concat_max_len' END`
    );
  },

  greatest: (a, b) => `GREATEST(${a}, ${b})`,

  limit: (rows) => `LIMIT ${rows}`,

  // MariaDB would sort the rows.
  byIndexOf: () => '',

  // Not INSERT IGNORE, which also turns a NULL or a text that is too long into a warning.
  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')})` +
    ` ON DUPLICATE KEY UPDATE ${columns[0]} = ${columns[0]}`,

  isStatementFault: (error) =>
    isStatementFault(error, (driver) => textOf(driver, 'sqlState') ?? textOf(driver, 'code')),
};
