import { AUTH_ENTITIES } from 'nestjs-revocable-jwt';
import type { DataSourceOptions } from 'typeorm';
import { Article } from '../articles/article.entity.js';
import { AuditEvent } from '../audit/audit-event.entity.js';
import type { DatabaseAddress } from '../config/database-address.js';
import { User } from '../users/user.entity.js';
import { AddAuth1764000100000 } from './migrations/1764000100000-add-auth.js';
import { CreateApplication1764000000000 } from './migrations/1764000000000-create-application.js';
import { WatchAccounts1764000200000 } from './migrations/1764000200000-watch-accounts.js';
import { mysqlSocket, postgresSocket } from './timed-sockets.js';

const MODEL = {
  entities: [User, Article, AuditEvent, ...AUTH_ENTITIES],
  migrations: [CreateApplication1764000000000, AddAuth1764000100000, WatchAccounts1764000200000],
  logging: false,
};

/** How long a request waits for a connection before the database counts as unavailable; milliseconds. */
const CONNECT_TIMEOUT = 3_000;
/**
 * How long a request waits for the answer to a statement; milliseconds. Drivers wait forever, and a network may
 * drop packets without a sign.
 */
const QUERY_TIMEOUT = 10_000;
/** The most connections of a process. */
const POOL_SIZE = 10;

/**
 * TypeORM's options for a DATABASE_URL.
 *
 * @param queryTimeout how long to wait for an answer, in milliseconds; 0: without limit
 */
export function dataSourceOptions(
  address: DatabaseAddress,
  queryTimeout = QUERY_TIMEOUT,
): DataSourceOptions {
  // Pools close idle connections before the timeout of their sockets does, which could happen to one in use.
  const idleTimeout = queryTimeout / 2;
  switch (address.kind) {
    case 'sqlite':
      return {
        ...MODEL,
        type: 'better-sqlite3',
        database: address.file,
        enableWAL: address.file !== ':memory:',
      };
    case 'postgres':
      return {
        ...MODEL,
        type: 'postgres',
        url: address.url,
        poolSize: POOL_SIZE,
        connectTimeoutMS: CONNECT_TIMEOUT,
        extra: { stream: postgresSocket(queryTimeout), idleTimeoutMillis: idleTimeout },
      };
    case 'mysql':
      return {
        ...MODEL,
        type: 'mysql',
        url: address.url,
        charset: 'utf8mb4',
        // Otherwise dates are written and read in the time zone of the process.
        timezone: 'Z',
        poolSize: POOL_SIZE,
        connectTimeout: CONNECT_TIMEOUT,
        // mysql2 closes idle connections only if this is smaller than the size of the pool.
        extra: { stream: mysqlSocket(queryTimeout), maxIdle: POOL_SIZE - 1, idleTimeout },
      };
  }
}
