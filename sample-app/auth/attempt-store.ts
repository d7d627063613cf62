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

/** The table is made by the migrations, so that two processes cannot make it at once. */
const STORE = { tableName: 'login_attempts', tableCreated: true };

export interface Limit {
  /** What is counted: the first part of the keys. */
  readonly keyPrefix: string;
  /** How many attempts. */
  readonly points: number;
  /** In how many seconds. */
  readonly duration: number;
}

/** Makes limiters that count in the application's database, which all processes share. */
export interface AttemptStore {
  limiter(limit: Limit): RateLimiterAbstract;
  /** Deletes the counts that are over, where the limiters do not do so themselves. */
  forgetExpired(): Promise<void>;
  close(): void;
}

/** What every request depends on anyway should count too: no further service can be away. */
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
 * A connection of its own: on the DataSource's, a count would be part of whatever transaction is
 * open there, and undone with it. It never waits, since that would block the event loop and with
 * it the transaction that it waits for; see `onceFree`.
 */
function sqliteStore(file: string): AttemptStore {
  // A database in memory has one process, and cannot be opened a second time.
  if (file === ':memory:') return serverStore((limit) => new RateLimiterMemory(limit));
  const storeClient = new Database(file, { timeout: 0 });
  // Its own clearing ends the process when it finds the database busy.
  const at = { ...STORE, storeClient, storeType: 'better-sqlite3', clearExpiredByTimeout: false };
  return {
    limiter: (limit) => new RateLimiterSQLite({ ...limit, ...at }),
    forgetExpired: async () => {
      storeClient.prepare('DELETE FROM login_attempts WHERE expire < ?').run(Date.now());
    },
    close: () => storeClient.close(),
  };
}
