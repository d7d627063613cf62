import Database from 'better-sqlite3';
import {
  RateLimiterMemory,
  RateLimiterMySQL,
  RateLimiterPostgres,
  RateLimiterSQLite,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { DataSource } from 'typeorm';
import { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';

/** The migrations create the table, so that two processes cannot create it at once. */
const STORE = { tableName: 'login_attempts', tableCreated: true };

export interface Limit {
  /** The first part of the keys: what is counted. */
  readonly keyPrefix: string;
  /** How many attempts. */
  readonly points: number;
  /** In how many seconds. */
  readonly duration: number;
}

/** Makes limiters that count in the application's database, which all processes share. */
export interface AttemptStore {
  limiter(limit: Limit): RateLimiterAbstract;
  /** Deletes expired counts, if the limiters do not do this themselves. */
  forgetExpired(): Promise<void>;
  close(): void;
}

/** The counts are in the database, which every request needs anyway. So no other service can be unavailable. */
export function attemptStore(dataSource: DataSource): AttemptStore {
  const { options, driver } = dataSource;
  if (options.type === 'better-sqlite3') return sqliteStore(options.database);
  if (driver instanceof MysqlDriver) {
    const at = { ...STORE, storeClient: driver.pool, storeType: 'pool', dbName: driver.database };
    return serverStore((limit) => new RateLimiterMySQL({ ...limit, ...at }));
  }
  const at = { ...STORE, storeClient: dataSource, storeType: 'typeorm' };
  return serverStore((limit) => new RateLimiterPostgres({ ...limit, ...at }));
}

function serverStore(limiter: AttemptStore['limiter']): AttemptStore {
  return { limiter, forgetExpired: () => Promise.resolve(), close: () => undefined };
}

/**
 * A separate connection. On the DataSource's connection, a count would become part of the transaction that is
 * open there, and would be rolled back with it. It never waits for a lock: that would block the event loop, and
 * with it the transaction that holds the lock. See `onceFree`.
 */
function sqliteStore(file: string): AttemptStore {
  // A database in memory has only one process, and cannot be opened a second time.
  if (file === ':memory:') return serverStore((limit) => new RateLimiterMemory(limit));
  const storeClient = new Database(file, { timeout: 0 });
  // Its own cleaning ends the process if the database is busy.
  const at = { ...STORE, storeClient, storeType: 'better-sqlite3', clearExpiredByTimeout: false };
  return {
    limiter: (limit) => new RateLimiterSQLite({ ...limit, ...at }),
    forgetExpired: async () => {
      storeClient.prepare('DELETE FROM login_attempts WHERE expire < ?').run(Date.now());
    },
    close: () => storeClient.close(),
  };
}
