import { type Dialect, inList } from '../dialect.js';
import { driverErrorOf, isStatementFault, textOf } from '../faults.js';

/**
 * 'now' is one instant for the whole statement. Not julianday(): a double holds days to about
 * 50 microseconds, so the result is sometimes a millisecond off.
 */
const NOW =
  "(CAST(strftime('%s', 'now') AS INTEGER) * 1000 + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER))";

/** SQLite 3.35 and later. */
export const sqlite: Dialect = {
  now: NOW,
  nowIsOfTransaction: false,
  // The same as `now`: no statement waits while it runs.
  clock: NOW,
  isReplica: '0',
  autocommit: '1',
  isSynchronous: true,
  maxBatch: 200,
  // Read and numbered in one turn of the event loop.
  logPageSize: 200,
  // SQLITE_BUSY_SNAPSHOT, also for a change that finds no row.
  changesMeet: 'refusal',
  // BEGIN IMMEDIATE has locked the database already.
  forUpdate: '',
  forUpdateNoWait: '',
  keysPerDelete: 200,

  quote: (...path) => path.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'),

  placeholder: () => '?',

  isAnyOf: inList,

  // json_group_array of no rows is '[]', but NULL on the other databases.
  jsonRows: (expressions) =>
    `CASE WHEN COUNT(*) > 0 THEN json_group_array(json_array(${expressions.join(', ')})) END`,

  greatest: (a, b) => `max(${a}, ${b})`,

  limit: (rows) => `LIMIT ${rows}`,

  byIndexOf: () => '',

  insertIgnore: (table, columns, values) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`,

  isStatementFault(error) {
    // A lock, a full disk, a missing file: the next statement would fail in the same way.
    if (textOf(driverErrorOf(error), 'code')?.startsWith('SQLITE_')) return false;
    return isStatementFault(error, (driver) => textOf(driver, 'code'));
  },
};
