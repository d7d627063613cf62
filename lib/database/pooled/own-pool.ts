import { DataSource, type DataSourceOptions } from 'typeorm';
import { withTimeout } from '../with-timeout.js';
import type { PooledDriver } from './pooled-driver.js';

/** One connection reads the log, one numbers its rows or answers. */
const CONNECTIONS = 2;

/**
 * The library's own DataSource for the same database, initialized.
 *
 * TypeORM first asks the server a few questions, and the drivers' deadlines end when a connection is made.
 * TypeORM would wait without end if the network fails just then, or if a pooler accepts connections and has none
 * to give. So there is a deadline. Connections that are open by then are closed.
 *
 * @param timeoutMs how long it may take to make a connection, and then to ask the questions
 */
export async function openOwnPool(
  { options }: DataSource,
  driver: PooledDriver,
  timeoutMs: number,
): Promise<DataSource> {
  const own = new DataSource(ownOptions(options, driver.poolLimits(CONNECTIONS, timeoutMs)));
  const made = new Set<Connection>();
  let isGivenUp = false;
  watchConnections(own.driver, driver, (connection) => {
    // As soon as it is made: see guardConnectionErrors.
    connection.on('error', () => undefined);
    if (isGivenUp) driver.destroyConnection(connection);
    else if (!own.isInitialized) made.add(connection);
  });
  try {
    await withTimeout(
      2 * timeoutMs,
      own.initialize(),
      'The connection to the database was not made in time.',
    );
  } catch (error) {
    isGivenUp = true;
    for (const connection of made) driver.destroyConnection(connection);
    // Not awaited: a server that does not answer does not answer this either.
    own.driver.disconnect().catch(() => undefined);
    throw error;
  }
  made.clear();
  return own;
}

/** The application's options say where the database is and how to connect to it. Everything else is the library's. */
function ownOptions(options: DataSourceOptions, limits: object): DataSourceOptions {
  const extra: object = Object('extra' in options ? options.extra : undefined);
  return {
    ...options,
    entities: [],
    subscribers: [],
    migrations: [],
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    cache: false,
    // An attempt to connect keeps its place in the pool until it times out: with pg never, by default.
    extra: { ...extra, ...limits },
  };
}

/** Shows every connection of the driver's pools when it is made, before anybody uses it. */
function watchConnections(
  typeormDriver: object,
  { poolMaker: { module, maker, event } }: PooledDriver,
  show: (connection: Connection) => void,
): void {
  const given: unknown = Reflect.get(typeormDriver, module);
  const make: unknown = Object(given)[maker];
  if (typeof given !== 'object' || typeof make !== 'function') return;
  const showing = function (config: object): unknown {
    // pg's `Pool` is a class, and mysql2's `createPool` a function. When a constructor returns an object, `new`
    // gives that object.
    const pool: unknown =
      new.target === undefined
        ? Reflect.apply(make, given, [config])
        : Reflect.construct(make, [config]);
    if (isPool(pool)) pool.on(event, show);
    return pool;
  };
  Reflect.set(typeormDriver, module, Object.create(given, { [maker]: { value: showing } }));
}

/** The part of the pools of pg and mysql2 that is used here. */
interface Pool {
  on(event: string, listener: (connection: Connection) => void): unknown;
}

/** The part of their connections that is used here. */
interface Connection {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

function isPool(pool: unknown): pool is Pool {
  return typeof pool === 'object' && pool !== null && 'on' in pool && typeof pool.on === 'function';
}
