import type { DataSource } from 'typeorm';

/** Pools that were seen to. */
const seen = new WeakSet<object>();

/**
 * Has somebody listen for the errors of PostgreSQL's connections from the moment when they are made.
 *
 * Between pg handing a new connection over and TypeORM listening to it nobody does, and a server that is
 * being shut down can say in one breath that it is ready and that it ends the connection: the process
 * would end of an `error` that nobody heard. Whoever uses the connection hears of it as before.
 */
export function guardConnectionErrors({ driver }: DataSource): void {
  const pool: unknown = 'master' in driver ? driver.master : undefined;
  if (!isPool(pool) || seen.has(pool)) return;
  seen.add(pool);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

/** As much of the pools of pg and mysql2 as is used here. */
interface Pool {
  on(event: 'connect' | 'connection', listener: (connection: Connection) => void): unknown;
}

/** And of their connections. */
export interface Connection {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export function isPool(pool: unknown): pool is Pool {
  return typeof pool === 'object' && pool !== null && 'on' in pool && typeof pool.on === 'function';
}
