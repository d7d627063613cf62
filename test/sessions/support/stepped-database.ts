import { DataSource } from 'typeorm';
import type { TestDatabase } from '../../support/databases.js';

/** The little of better-sqlite3 that is needed. */
interface Connection {
  function(
    name: string,
    options: { readonly varargs: true },
    body: (...args: unknown[]) => unknown,
  ): void;
}

/**
 * SQLite in memory whose clock is the process's: where a test steps that one, the database goes along.
 * The library's own SQL runs as it is; SQLite's `strftime` is another one.
 */
export function steppedDatabase(): TestDatabase {
  const options = {
    type: 'better-sqlite3',
    database: ':memory:',
    prepareDatabase: (connection: Connection) => {
      connection.function('strftime', { varargs: true }, strftime);
    },
  } as const;
  return {
    kind: 'sqlite',
    options,
    url: 'sqlite::memory:',
    connect: (more) => new DataSource({ ...options, ...more, poolSize: undefined }).initialize(),
    drop: () => Promise.resolve(),
  };
}

/** As SQLite's, for what the library asks of it. */
function strftime(format: unknown, time: unknown): string {
  const now = Date.now();
  if (time === 'now' && format === '%s') return String(Math.floor(now / 1000));
  if (time === 'now' && format === '%f') return ((now % 60_000) / 1000).toFixed(3).padStart(6, '0');
  throw new Error(`No strftime(${String(format)}, ${String(time)}) here.`);
}
