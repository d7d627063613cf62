import type { DataSource } from 'typeorm';
import { isPool } from '../pooled/own-pool.js';

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
