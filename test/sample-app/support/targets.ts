import { describe } from 'vitest';
import {
  createTestDatabase,
  type DatabaseKind,
  describeOnDatabases,
} from '../../support/databases.js';
import { type RunningApp, startApp } from './running-app.js';
import { type AdapterName, ADAPTERS } from '../../support/http.js';

/** One combination of adapter and database, each with a database of its own. */
export interface Target {
  readonly adapter: AdapterName;
  readonly database: DatabaseKind;
  /** Starts the application on an empty database; closing it drops the database. */
  start(env?: NodeJS.ProcessEnv): Promise<RunningApp>;
}

/** Runs a suite on every adapter and every database. */
export function describeEverywhere(suite: (target: Target) => void): void {
  describeOnDatabases((database) => {
    describe.each(ADAPTERS)('%s', (adapter) => suite(targetOf(adapter, database)));
  });
}

/** Runs a suite on every adapter, where the database makes no difference. */
export function describeOnAdapters(suite: (target: Target) => void): void {
  describe.each(ADAPTERS)('%s', (adapter) => suite(targetOf(adapter, 'sqlite')));
}

/** Runs a suite on every database, where the adapter makes no difference. */
export function describeOnEachDatabase(suite: (target: Target) => void): void {
  describeOnDatabases((database) => suite(targetOf('express', database)));
}

function targetOf(adapter: Target['adapter'], database: DatabaseKind): Target {
  return {
    adapter,
    database,
    async start(env = {}) {
      const made = await createTestDatabase(database);
      const app = await startApp({ DATABASE_URL: made.url, HTTP_ADAPTER: adapter, ...env });
      return { ...app, close: () => app.close().finally(() => made.drop()) };
    },
  };
}
