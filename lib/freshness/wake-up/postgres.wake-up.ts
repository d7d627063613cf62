import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../../errors/auth.errors.js';
import type { AuthDatabase } from '../../database/database.js';
import { postgres } from '../../database/postgres/dialect.js';
import type { OpenLink } from './link.js';
import { LinkedWakeUp } from './linked.wake-up.js';
import type { WakeUp } from './wake-up.js';

const NOTIFY = 'SELECT pg_notify($1, $2)';

/**
 * Hints by LISTEN and NOTIFY, on a connection of their own to the primary, made with the module and
 * the options that the DataSource connects with. The triggers notify by themselves.
 *
 * @param database another way to the same server
 * @param heartbeatMs a dead link is noticed within two of these; default 2000
 * @throws AuthConfigurationError when the DataSource is not initialized, or not of PostgreSQL
 */
export function postgresWakeUp(
  dataSource: DataSource,
  channel: string,
  database: Pick<AuthDatabase, 'read'>,
  heartbeatMs?: number,
): WakeUp {
  const pool = poolOf(dataSource);
  const open: OpenLink = (listener) => {
    const client = new pool.Client(pool.options);
    client.on('notification', ({ payload }) => listener.message(payload ?? ''));
    client.on('error', (error) => listener.lost(error.message));
    client.on('end', () => listener.lost('the connection was closed'));
    return {
      ready: client.connect().then(() => client.query(`LISTEN ${postgres.quote(channel)}`)),
      publish: (message) => client.query(NOTIFY, [channel, message]),
      // PgBouncer 1.18 was seen to deliver to a client what that client itself had published, when it
      // happened to use the same server connection for both, and nothing else.
      publishElsewhere: (message) => database.read({ sql: NOTIFY, params: [channel, message] }),
      // Not end(), which says goodbye and waits for the answer.
      close: () => client.connection.stream.destroy(),
    };
  };
  return new LinkedWakeUp(open, heartbeatMs);
}

/** As much of pg's client as is used here. */
interface Client {
  readonly connection: { readonly stream: { destroy(): unknown } };
  connect(): Promise<unknown>;
  query(sql: string, params?: readonly unknown[]): Promise<unknown>;
  on(event: 'notification', listener: (message: { readonly payload?: string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** As much of pg's pool: what it makes its clients of. */
interface Pool {
  readonly Client: new (options: object) => Client;
  readonly options: object;
}

function poolOf({ driver }: DataSource): Pool {
  const pool: unknown = 'master' in driver ? driver.master : undefined;
  if (isPool(pool)) return pool;
  throw new AuthConfigurationError([
    'dataSource: its PostgreSQL connection is not open; initialize the DataSource before the application starts.',
  ]);
}

function isPool(pool: unknown): pool is Pool {
  return (
    typeof pool === 'object' &&
    pool !== null &&
    'Client' in pool &&
    typeof pool.Client === 'function' &&
    'options' in pool &&
    typeof pool.options === 'object'
  );
}
