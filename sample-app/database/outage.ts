/** What drivers say when the database cannot be reached, or cannot take the work now. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
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
/** pg gives its pool's and its socket's errors no code. */
const WORDS =
  /^(?:timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error)/;

/** Whether an error says that the database is away, as against that a statement was wrong. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') {
    if (CODES.has(error.code) || CLASSES.test(error.code)) return true;
  }
  if (WORDS.test(error.message)) return true;
  if ('driverError' in error && error.driverError !== error) return isOutage(error.driverError);
  return isOutage(error.cause);
}
