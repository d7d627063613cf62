/** The drivers' codes for a database that cannot be reached, or cannot do the work now. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ETIMEDOUT',
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'PROTOCOL_CONNECTION_LOST',
  // PostgreSQL: admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);
const CLASSES = /^(?:08|SQLITE_(?:BUSY|LOCKED|IOERR|CANTOPEN|FULL))/;
/**
 * These errors have no code: those of pg's pool and socket, and those of mysql2 on a closed connection. If a
 * transaction loses its connection to PostgreSQL, TypeORM reports that its query runner was released.
 */
const WORDS = new RegExp(
  '^(?:timeout exceeded when trying to connect|Connection terminated' +
    '|Client has encountered a connection error|Query runner already released' +
    "|Can't add new command when connection is in closed state)",
);

/** Whether an error says that the database is unavailable, and not that a statement was wrong. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') {
    if (CODES.has(error.code) || CLASSES.test(error.code)) return true;
  }
  if (WORDS.test(error.message)) return true;
  if ('driverError' in error && error.driverError !== error) return isOutage(error.driverError);
  return isOutage(error.cause);
}
