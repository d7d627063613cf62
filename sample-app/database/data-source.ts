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

/** How long a request waits for a connection before the database counts as away; milliseconds. */
const CONNECT_TIMEOUT = 3_000;
/**
 * How long for the answer to a statement. Drivers wait without end, and a network may swallow packets and
 * say nothing.
 */
const QUERY_TIMEOUT = 10_000;
/** How many connections a process has at the most. */
const POOL_SIZE = 10;

/**
 * TypeORM's options for a DATABASE_URL.
 *
 * @param queryTimeout how long an answer is waited for, in milliseconds; 0: for as long as it takes
 */
export function dataSourceOptions(
  address: DatabaseAddress,
  queryTimeout = QUERY_TIMEOUT,
): DataSourceOptions {
  // Pools end what nobody needs well before its socket would, which might be when it is handed out.
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
        // Without this, dates are written and read in the process's own time zone.
        timezone: 'Z',
        poolSize: POOL_SIZE,
        connectTimeout: CONNECT_TIMEOUT,
        // mysql2 looks for idle ones only where there may be fewer of them than connections.
        extra: { stream: mysqlSocket(queryTimeout), maxIdle: POOL_SIZE - 1, idleTimeout },
      };
  }
}
