import { type Dialect, inList } from '../dialect.js';
import { isStatementFault, textOf } from '../faults.js';

/** The start of the statement. UTC_TIMESTAMP, never NOW(): the session's time zone repeats an hour once a year. */
const NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";

/** Whether a setting is on. Some versions say OFF for off, and others 0. */
const isOn = (setting: string) => `CAST(@@global.${setting} AS CHAR) NOT IN ('0', 'OFF')`;

/** MySQL 8.0.13 and later, MariaDB 10.5 and later. */
export const mysql: Dialect = {
  now: `(${NOW})`,
  nowIsOfTransaction: false,
  // SYSDATE() moves on while NOW() stands still. Only their difference is used, because both are in the
  // session's time zone.
  clock: `(${NOW} + GREATEST(0, TIMESTAMPDIFF(MICROSECOND, NOW(3), SYSDATE(3)) DIV 1000))`,
  // A reader of Amazon Aurora only sets innodb_read_only.
  isReplica: `(${isOn('read_only')} OR ${isOn('innodb_read_only')})`,
  autocommit: '@@autocommit',
  isSynchronous: false,
  maxBatch: 200,
  logPageSize: 2_000,
  // Locking reads and updates use the newest version of a row.
  changesMeet: 'newest',
  forUpdate: 'FOR UPDATE',
  // SKIP LOCKED came to MariaDB with 10.6 only.
  forUpdateNoWait: 'FOR UPDATE NOWAIT',
  // The optimizer reads all rows of a small table. A DELETE then waits for rows that others have inserted and
  // not committed. It takes no index hint, and in the form that takes one, MariaDB 10.11 still reads all rows.
  keysPerDelete: 1,

  quote: (...path) => path.map((name) => `\`${name.replaceAll('`', '``')}\``).join('.'),

  placeholder: () => '?',

  isAnyOf: inList,

  // MariaDB cuts JSON_ARRAYAGG at group_concat_max_len. A cut between two elements leaves valid JSON with rows
  // missing (seen on 10.11 with a limit of 17), and a denial would be lost silently. So the elements are counted,
  // and an incomplete list becomes text that is not JSON. It is a CHAR, because mysql2 parses a JSON column.
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
