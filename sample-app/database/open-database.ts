import { DataSource } from 'typeorm';
import { ConfigurationError } from '../config/configuration.error.js';
import type { DatabaseAddress } from '../config/database-address.js';
import type { Environment } from '../config/environment.js';
import { dataSourceOptions } from './data-source.js';
import { oneAtATime } from './one-at-a-time.js';

/**
 * A connected DataSource whose tables are those of this version.
 *
 * @throws ConfigurationError when the database cannot be opened, or is not ready and may not be migrated
 */
export async function openDatabase({
  database,
  databaseReady,
}: Pick<Environment, 'database' | 'databaseReady'>): Promise<DataSource> {
  const dataSource = new DataSource(dataSourceOptions(database));
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new ConfigurationError('DATABASE_URL', `cannot be opened: ${reasonOf(error)}`);
  }
  try {
    if (databaseReady === 'check') await check(dataSource);
    else if (database.kind === 'sqlite') await migrate(dataSource);
    else await migrateWithoutDeadline(database);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** Uses connections without a deadline: migrations, also those of another process, may take long. */
async function migrateWithoutDeadline(database: DatabaseAddress): Promise<void> {
  const dataSource = await new DataSource(dataSourceOptions(database, 0)).initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function migrate(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  await oneAtATime(dataSource, () =>
    // MySQL commits at every DDL statement. SQLite is already in the transaction that holds the lock.
    dataSource.runMigrations({ transaction: type === 'postgres' ? 'all' : 'none' }),
  );
}

async function check(dataSource: DataSource): Promise<void> {
  if (await dataSource.showMigrations()) {
    throw new ConfigurationError(
      'DATABASE_READY',
      'check refuses to start while migrations are pending; run them, or set it to migrate',
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : 'unknown error';
}
