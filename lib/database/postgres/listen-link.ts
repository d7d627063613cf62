import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../../errors/auth.errors.js';
import type { AuthDatabase } from '../database.js';
import type { OpenLink } from '../link.js';
import { postgres } from './dialect.js';
import { poolOf } from './driver.js';

const NOTIFY = 'SELECT pg_notify($1, $2)';

/**
 * LISTEN and NOTIFY on a separate connection to the primary. It is made with the same driver and options as the
 * DataSource's connections. The triggers notify by themselves.
 *
 * @param database another connection to the same server
 * @throws AuthConfigurationError when the DataSource is not initialized
 */
export function listenLink(
  dataSource: DataSource,
  channel: string,
  database: Pick<AuthDatabase, 'read'>,
): OpenLink {
  const pool = poolOf(dataSource);
  if (pool === undefined) {
    throw new AuthConfigurationError([
      'dataSource: its PostgreSQL connection is not open. Initialize the DataSource before the application starts.',
    ]);
  }
  return (listener) => {
    const client = new pool.Client(pool.options);
    client.on('notification', ({ payload }) => listener.message(payload ?? ''));
    client.on('error', (error) => listener.lost(error.message));
    client.on('end', () => listener.lost('the connection was closed'));
    return {
      ready: client.connect().then(() => client.query(`LISTEN ${postgres.quote(channel)}`)),
      publish: (message) => client.query(NOTIFY, [channel, message]),
      // PgBouncer 1.18 may use the same server connection for publishing and listening. It was then seen to
      // deliver a message only to the client that had published it.
      publishElsewhere: (message) => database.read({ sql: NOTIFY, params: [channel, message] }),
      // Not by end(), which waits for an answer of the server.
      close: () => client.connection.stream.destroy(),
    };
  };
}
