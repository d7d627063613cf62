import type { DataSource } from 'typeorm';
import {
  FAILED_TRANSACTION,
  READ_ONLY_TRANSACTION,
  transactionMistake,
} from '../open-transaction.js';
import { call, connectionOf, member, type PooledDriver } from '../pooled/pooled-driver.js';
import { refuseReplica } from '../faults.js';

/** Serialization failure, deadlock (SQLSTATE class 40), lock not available. */
const LOST = new Set(['40001', '40P01', '55P03']);
/** A write on a standby. */
const READ_ONLY = new Set(['25006']);

/** Any statement in a transaction that has failed. */
const FAILED = new Set(['25P02']);

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
    // TypeORM's own way to release a connection that failed. Otherwise pg would keep it in the pool.
    call(runner, 'releasePostgresConnection', reason);
  },
  wasLost: (error) => hasCode(error, LOST),
  isReadOnly: (error) => hasCode(error, READ_ONLY),
  async checkTransaction(run) {
    // PostgreSQL refuses this too after an error in the transaction. It is asked before any write, because a
    // write that is refused as read-only ends the transaction. On a replica that is not the caller's mistake.
    const { rows } = await run({
      sql:
        `SELECT pg_is_in_recovery()::int AS replica, current_setting('transaction_read_only') AS own,` +
        ` current_setting('default_transaction_read_only') AS usual`,
      params: [],
    });
    refuseReplica(rows);
    // If every transaction is read-only, as some services make it when the disk is full, the database is
    // unavailable.
    if (rows[0]?.['own'] === 'on' && rows[0]['usual'] !== 'on') {
      throw transactionMistake(READ_ONLY_TRANSACTION);
    }
  },
  mistakeIn: (error) => (hasCode(error, FAILED) ? FAILED_TRANSACTION : undefined),
  async seesCommits(run) {
    const { rows } = await run({
      sql: `SELECT current_setting('transaction_isolation') AS isolation`,
      params: [],
    });
    return rows[0]?.['isolation'] === 'read committed';
  },
};

/** Not by end(), which waits for an answer of the server. */
function destroyConnection(connection: unknown): void {
  call(member(member(connection, 'connection'), 'stream'), 'destroy');
}

function hasCode(error: object, codes: ReadonlySet<string>): boolean {
  return 'code' in error && typeof error.code === 'string' && codes.has(error.code);
}

const guarded = new WeakSet<object>();

/**
 * Listens for errors of PostgreSQL's connections as soon as they are made.
 *
 * After pg has made a connection, nobody listens until TypeORM does. A server that is being shut down can send
 * in one packet that it is ready and that it ends the connection. The unhandled `error` event would then end the
 * process. The user of the connection sees the error as before.
 */
export function guardConnectionErrors(dataSource: DataSource): void {
  const pool = poolOf(dataSource);
  if (pool === undefined || guarded.has(pool)) return;
  guarded.add(pool);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

/**
 * By default pg waits for ever for a server that accepts a connection and says nothing. Each such attempt keeps
 * its place in the pool.
 */
export function poolAdvice({ options }: DataSource): string | undefined {
  const extra: object = Object('extra' in options ? options.extra : undefined);
  // As in TypeORM, pg's own name of the setting takes precedence.
  const timeout: unknown =
    'connectionTimeoutMillis' in extra
      ? extra.connectionTimeoutMillis
      : 'connectTimeoutMS' in options
        ? options.connectTimeoutMS
        : undefined;
  return timeout === undefined || timeout === 0
    ? 'The DataSource has no limit on how long it waits for a connection. A network that drops packets for a while can use up its pool for good. Set connectTimeoutMS, for example 5000.'
    : undefined;
}

/** The part of pg's client that is used here. */
interface Client {
  readonly connection: { readonly stream: { destroy(): unknown } };
  connect(): Promise<unknown>;
  query(sql: string, params?: readonly unknown[]): Promise<unknown>;
  on(event: 'notification', listener: (message: { readonly payload?: string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** The part of pg's pool that is used here, with the class and the options of its clients. */
interface Pool {
  readonly Client: new (options: object) => Client;
  readonly options: object;
  on(event: 'connect', listener: (client: Client) => void): unknown;
}

/** The DataSource's pool to the primary; `undefined`: it is not open. */
export function poolOf({ driver }: DataSource): Pool | undefined {
  const pool: unknown = 'master' in driver ? driver.master : undefined;
  return isPool(pool) ? pool : undefined;
}

function isPool(pool: unknown): pool is Pool {
  return (
    typeof member(pool, 'Client') === 'function' &&
    typeof member(pool, 'options') === 'object' &&
    typeof member(pool, 'on') === 'function'
  );
}
