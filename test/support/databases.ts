/**
 * Real databases for tests. Every test file makes its own and drops it, so files run in parallel.
 *
 *     describeOnDatabases((kind) => {            // or: describe.each(databases)('%s', (kind) => {
 *       let database: TestDatabase;
 *       let dataSource: DataSource;
 *       beforeAll(async () => {
 *         database = await createTestDatabase(kind);
 *         dataSource = await database.connect({ entities: [User], synchronize: true });
 *       });
 *       afterAll(() => database.drop());         // closes what connect() opened
 *     });
 *
 * SQLite (a file in a directory of its own) always runs. PostgreSQL and MariaDB run when
 * TEST_POSTGRES_URL and TEST_MYSQL_URL are set; otherwise `describeOnDatabases` shows a skipped
 * suite that says so. With CI=true a missing service fails the file.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describe } from 'vitest';

export type DatabaseKind = 'sqlite' | 'postgres' | 'mariadb';

export interface TestDatabase {
  readonly kind: DatabaseKind;
  /** For `new DataSource({ ...options, entities })`. */
  readonly options: TestDataSourceOptions;
  /** As an application's DATABASE_URL: `sqlite:FILE`, `postgres://…`, `mysql://…`. */
  readonly url: string;
  /** An initialized DataSource on this database, closed by `drop()`. */
  connect(more?: DataSourceExtras): Promise<DataSource>;
  /** Closes every DataSource of `connect()`, then drops the database. */
  drop(): Promise<void>;
}

export type TestDataSourceOptions = Extract<
  DataSourceOptions,
  { type: 'better-sqlite3' | 'postgres' | 'mysql' | 'mariadb' }
>;
export type DataSourceExtras = Pick<
  DataSourceOptions,
  'entities' | 'migrations' | 'subscribers' | 'synchronize' | 'migrationsRun' | 'logger' | 'logging'
> & {
  readonly poolSize?: number;
  /** Another way to the same database, such as through a proxy. */
  readonly url?: string;
};

/** The URL of a service for tests; `undefined` when it is not set, an error when CI needs it. */
export function serviceUrl(
  variable: 'TEST_POSTGRES_URL' | 'TEST_MYSQL_URL' | 'TEST_REDIS_URL',
): string | undefined {
  const url = process.env[variable];
  if (url !== undefined && url !== '') return url;
  if (process.env['CI'] === 'true') throw new Error(`CI is true and ${variable} is not set.`);
  return undefined;
}

/** The variable that switches a kind of database on. */
const VARIABLES = { postgres: 'TEST_POSTGRES_URL', mariadb: 'TEST_MYSQL_URL' } as const;
const ALL: readonly DatabaseKind[] = ['sqlite', 'postgres', 'mariadb'];

/** The databases that tests can use now. */
export const databases: readonly DatabaseKind[] = ALL.filter(
  (kind) => kind === 'sqlite' || serviceUrl(VARIABLES[kind]) !== undefined,
);

/** One suite per kind of database; the missing ones are shown as skipped, with the reason. */
export function describeOnDatabases(
  suite: (kind: DatabaseKind) => void,
  kinds: readonly DatabaseKind[] = ALL,
): void {
  for (const kind of kinds) {
    if (kind === 'sqlite' || databases.includes(kind)) describe(kind, () => suite(kind));
    else describe.skip(`${kind}: skipped, ${VARIABLES[kind]} is not set`, () => suite(kind));
  }
}

/** The same database of a server behind another address, such as a proxy's. */
export function reachedAt({ options, ...database }: TestDatabase, url: string): TestDatabase {
  if (options.type === 'better-sqlite3') throw new Error('SQLite has no server.');
  return { ...database, url, options: { ...options, url } };
}

/**
 * An empty database of this kind.
 *
 * @param server the address of another server than that of the environment
 */
export async function createTestDatabase(
  kind: DatabaseKind,
  server?: string,
): Promise<TestDatabase> {
  const { options, url, destroy } = await (kind === 'sqlite'
    ? makeFile()
    : makeOnServer(kind, server ?? serviceUrl(VARIABLES[kind])));
  const opened: DataSource[] = [];
  return {
    kind,
    options,
    url,
    async connect(more = {}) {
      const dataSource = await new DataSource(withExtras(options, more)).initialize();
      opened.push(dataSource);
      return dataSource;
    },
    async drop() {
      for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
      await destroy();
    },
  };
}

interface Made {
  readonly options: TestDataSourceOptions;
  readonly url: string;
  destroy(): Promise<void>;
}

async function makeFile(): Promise<Made> {
  const directory = await mkdtemp(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'sqlite-'));
  const file = join(directory, 'test.sqlite');
  return {
    options: { type: 'better-sqlite3', database: file },
    url: `sqlite:${file}`,
    destroy: () => rm(directory, { recursive: true, force: true }),
  };
}

async function makeOnServer(
  kind: 'postgres' | 'mariadb',
  server: string | undefined,
): Promise<Made> {
  if (server === undefined) throw new Error(`${VARIABLES[kind]} is not set.`);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const quoted = kind === 'postgres' ? `"${name}"` : `\`${name}\``;
  const type = kind === 'postgres' ? 'postgres' : await mysqlType(server);
  await once({ type, url: server }, `CREATE DATABASE ${quoted}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    options: { type, url: url.href },
    url: url.href,
    async destroy() {
      // FORCE: a pool that a failed test left open must not keep the database.
      const force = kind === 'postgres' ? ' WITH (FORCE)' : '';
      await once({ type, url: server }, `DROP DATABASE IF EXISTS ${quoted}${force}`);
    },
  };
}

/** TypeORM has a type for each of the two. */
async function mysqlType(url: string): Promise<'mysql' | 'mariadb'> {
  const rows: unknown = await once({ type: 'mysql', url }, 'SELECT VERSION() AS version');
  return JSON.stringify(rows).includes('MariaDB') ? 'mariadb' : 'mysql';
}

async function once(options: TestDataSourceOptions, sql: string): Promise<unknown> {
  const dataSource = await new DataSource(options).initialize();
  try {
    return await dataSource.query(sql);
  } finally {
    await dataSource.destroy();
  }
}

function withExtras(
  options: TestDataSourceOptions,
  { poolSize, url, ...more }: DataSourceExtras,
): TestDataSourceOptions {
  // better-sqlite3 has one connection, and TypeORM's type for it knows no pool.
  if (options.type === 'better-sqlite3') return { ...options, ...more };
  return {
    ...options,
    ...more,
    ...(poolSize === undefined ? {} : { poolSize }),
    ...(url === undefined ? {} : { url }),
  };
}
