import { DataSource, type DataSourceOptions } from 'typeorm';
import { destroyConnection } from './destroy-connection.js';
import { type Connection, isPool } from './connection-errors.js';
import { withTimeout } from './with-timeout.js';

/**
 * An initialized DataSource of the library's own, on PostgreSQL, MySQL or MariaDB.
 *
 * TypeORM asks the server a few questions at first, and the drivers' deadlines end when a connection is
 * made: behind a network that went dead just then, or a pooler that takes connections and has none to give,
 * they would be waited for without end. So there is a deadline, and what was opened by then is closed.
 *
 * @param timeoutMs how long a connection may take to be made, and how long the questions may
 */
export async function openOwnPool(
  options: DataSourceOptions,
  timeoutMs: number,
): Promise<DataSource> {
  const own = new DataSource(options);
  const made = new Set<Connection>();
  let isGivenUp = false;
  tellOfConnections(own.driver, (connection) => {
    // From its first moment: see hearLostConnections.
    connection.on('error', () => undefined);
    if (isGivenUp) destroyConnection(connection);
    else if (!own.isInitialized) made.add(connection);
  });
  try {
    await withTimeout(
      2 * timeoutMs,
      own.initialize(),
      'The database could not be connected to in time.',
    );
  } catch (error) {
    isGivenUp = true;
    for (const connection of made) destroyConnection(connection);
    // Where it came to have a pool. Nobody waits for it: who does not answer does not say goodbye either.
    own.driver.disconnect().catch(() => undefined);
    throw error;
  }
  made.clear();
  return own;
}

/** Where TypeORM's drivers keep those that they connect by, what makes pools there, and what such a pool tells. */
const MAKERS = [
  { module: 'postgres', maker: 'Pool', event: 'connect' },
  { module: 'mysql', maker: 'createPool', event: 'connection' },
] as const;

/** Has every connection of the driver's pools told of when it is made, before anybody is given it. */
function tellOfConnections(driver: object, tell: (connection: Connection) => void): void {
  for (const { module, maker, event } of MAKERS) {
    const given: unknown = Reflect.get(driver, module);
    const make: unknown = Object(given)[maker];
    if (typeof given !== 'object' || typeof make !== 'function') continue;
    const telling = function (config: object): unknown {
      // pg's is a class. An object that a constructor returns is what `new` gives.
      const pool: unknown =
        new.target === undefined
          ? Reflect.apply(make, given, [config])
          : Reflect.construct(make, [config]);
      if (isPool(pool)) pool.on(event, tell);
      return pool;
    };
    Reflect.set(driver, module, Object.create(given, { [maker]: { value: telling } }));
  }
}
