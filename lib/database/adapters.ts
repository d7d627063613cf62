import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { DatabaseAdapter } from './database-adapter.js';
import { mysqlAdapter } from './mysql/adapter.js';
import { postgresAdapter } from './postgres/adapter.js';
import { sqliteAdapter } from './sqlite/adapter.js';

const ADAPTERS: readonly DatabaseAdapter[] = [postgresAdapter, mysqlAdapter, sqliteAdapter];

/**
 * The adapter for a DataSource's database.
 *
 * @throws AuthConfigurationError for a database that the library does not support
 */
export function adapterOf({ options: { type } }: Pick<DataSource, 'options'>): DatabaseAdapter {
  const adapter = ADAPTERS.find(({ types }) => types.includes(type));
  if (adapter !== undefined) return adapter;
  const supported = ADAPTERS.flatMap(({ types }) => types).join(', ');
  throw new AuthConfigurationError([
    `dataSource: databases of the type "${type}" are not supported. Use one of ${supported}.`,
  ]);
}
