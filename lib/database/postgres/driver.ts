import { call, connectionOf, member, type PooledDriver } from '../pooled/pooled-driver.js';

/** Serialization failure, deadlock (SQLSTATE class 40), lock not available. */
const LOST = new Set(['40001', '40P01', '55P03']);
/** A write on a standby. */
const READ_ONLY = new Set(['25006']);

/** pg. */
export const pg: PooledDriver = {
  poolMaker: { module: 'postgres', maker: 'Pool', event: 'connect' },
  poolLimits: (connections, timeoutMs) => ({
    max: connections,
    min: 0,
    connectionTimeoutMillis: timeoutMs,
  }),
  destroyConnection,
  destroyRunner(runner, reason) {
    destroyConnection(connectionOf(runner));
    // TypeORM's own way for a connection that failed; released as usual, pg would keep it.
    call(runner, 'releasePostgresConnection', reason);
  },
  wasLost: (error) => hasCode(error, LOST),
  isReadOnly: (error) => hasCode(error, READ_ONLY),
  async seesCommits(run) {
    const { rows } = await run({
      sql: `SELECT current_setting('transaction_isolation') AS isolation`,
      params: [],
    });
    return rows[0]?.['isolation'] === 'read committed';
  },
};

/** Not end(), which says goodbye and waits for the answer. */
function destroyConnection(connection: unknown): void {
  call(member(member(connection, 'connection'), 'stream'), 'destroy');
}

function hasCode(error: object, codes: ReadonlySet<string>): boolean {
  return 'code' in error && typeof error.code === 'string' && codes.has(error.code);
}
