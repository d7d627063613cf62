import { ENDED_TRANSACTION, READ_ONLY_TRANSACTION } from '../open-transaction.js';
import { call, connectionOf, type PooledDriver } from '../pooled/pooled-driver.js';

/** Lock wait timeout, deadlock, and MySQL's error for NOWAIT. */
const LOST = new Set([1205, 1213, 3572]);
/** The error for `read_only`, and MySQL's for `innodb_read_only`. */
const READ_ONLY = new Set([1290, 1836]);

/** A savepoint that does not exist. */
const NO_SAVEPOINT = new Set([1305]);
/** A write in a transaction that began READ ONLY, on a server that takes writes. */
const READ_ONLY_BEGUN = new Set([1792]);

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
  async checkTransaction(run) {
    // After a deadlock the server has rolled back, and after DDL it has committed. TypeORM learns of neither,
    // and each further statement would be committed by itself. MySQL has no variable that tells whether a
    // transaction is open. But outside of one, a savepoint is gone at once.
    await run({ sql: 'SAVEPOINT revocable_jwt', params: [] });
    await run({ sql: 'RELEASE SAVEPOINT revocable_jwt', params: [] });
  },
  mistakeIn(error) {
    if (hasNumber(error, NO_SAVEPOINT)) return ENDED_TRANSACTION;
    return hasNumber(error, READ_ONLY_BEGUN) ? READ_ONLY_TRANSACTION : undefined;
  },
  // Unknown: `@@transaction_isolation` is the level of the next transaction.
  seesCommits: () => Promise.resolve(false),
};

function hasNumber(error: object, numbers: ReadonlySet<number>): boolean {
  return 'errno' in error && typeof error.errno === 'number' && numbers.has(error.errno);
}
