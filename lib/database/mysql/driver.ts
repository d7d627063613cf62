import { call, connectionOf, type PooledDriver } from '../pooled/pooled-driver.js';

/** Lock wait timeout, deadlock; MySQL's own for NOWAIT. */
const LOST = new Set([1205, 1213, 3572]);
/** `read_only`; MySQL's own for `innodb_read_only`. */
const READ_ONLY = new Set([1290, 1836]);

/** mysql2. */
export const mysql2: PooledDriver = {
  poolMaker: { module: 'mysql', maker: 'createPool', event: 'connection' },
  poolLimits: (connections, timeoutMs) => ({
    connectionLimit: connections,
    connectTimeout: timeoutMs,
  }),
  destroyConnection: (connection) => call(connection, 'destroy'),
  destroyRunner: (runner) => call(connectionOf(runner), 'destroy'),
  wasLost: (error) => hasNumber(error, LOST),
  isReadOnly: (error) => hasNumber(error, READ_ONLY),
  // Not to be found out: `@@transaction_isolation` is that of the next transaction.
  seesCommits: () => Promise.resolve(false),
};

function hasNumber(error: object, numbers: ReadonlySet<number>): boolean {
  return 'errno' in error && typeof error.errno === 'number' && numbers.has(error.errno);
}
