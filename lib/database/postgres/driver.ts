import type { DataSource } from 'typeorm';
import { isPool } from '../pooled/own-pool.js';
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

const guarded = new WeakSet<object>();

/**
 * Listens for the errors of PostgreSQL's connections from the moment when they are made.
 *
 * Nobody does so between pg handing over a new connection and TypeORM listening to it. A server that is
 * being shut down can say in one breath that it is ready and that it ends the connection: the process
 * would end of an unhandled `error` event. The user of the connection sees the error as before.
 */
export function guardConnectionErrors({ driver }: DataSource): void {
  const pool: unknown = 'master' in driver ? driver.master : undefined;
  if (!isPool(pool) || guarded.has(pool)) return;
  guarded.add(pool);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

/** pg waits for ever for a server that accepts a connection and says nothing, and each attempt keeps its place in the pool. */
export function poolAdvice({ options }: DataSource): string | undefined {
  const extra: object = Object('extra' in options ? options.extra : undefined);
  // As TypeORM has it: what pg itself calls it goes first.
  const timeout: unknown =
    'connectionTimeoutMillis' in extra
      ? extra.connectionTimeoutMillis
      : 'connectTimeoutMS' in options
        ? options.connectTimeoutMS
        : undefined;
  return timeout === undefined || timeout === 0
    ? 'The DataSource waits for connections without end: a network that drops packets for a while can use up its pool for good. Set connectTimeoutMS, such as 5000.'
    : undefined;
}
