import { ENDED_TRANSACTION, READ_ONLY_TRANSACTION } from '../open-transaction.js';
import { call, connectionOf, type PooledDriver } from '../pooled/pooled-driver.js';

/** Lock wait timeout, deadlock; MySQL's own for NOWAIT. */
const LOST = new Set([1205, 1213, 3572]);
/** `read_only`; MySQL's own for `innodb_read_only`. */
const READ_ONLY = new Set([1290, 1836]);

/** A savepoint that is not there. */
const NO_SAVEPOINT = new Set([1305]);
/** A write in a transaction that began READ ONLY; for a server that takes none, see above. */
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
    // and each statement would be committed by itself. Outside of a transaction a savepoint is gone at once.
    // MySQL has no variable that says so.
    await run({ sql: 'SAVEPOINT revocable_jwt', params: [] });
    await run({ sql: 'RELEASE SAVEPOINT revocable_jwt', params: [] });
  },
  mistakeIn(error) {
    if (hasNumber(error, NO_SAVEPOINT)) return ENDED_TRANSACTION;
    return hasNumber(error, READ_ONLY_BEGUN) ? READ_ONLY_TRANSACTION : undefined;
  },
  // Not to be found out: `@@transaction_isolation` is that of the next transaction.
  seesCommits: () => Promise.resolve(false),
};

function hasNumber(error: object, numbers: ReadonlySet<number>): boolean {
  return 'errno' in error && typeof error.errno === 'number' && numbers.has(error.errno);
}
