import type { DataSource } from 'typeorm';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { Dialect } from './dialect.js';
import { mysql } from './mysql/dialect.js';
import { postgres } from './postgres/dialect.js';
import { sqlite } from './sqlite/dialect.js';

/** By the `type` of a DataSource. */
const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  ['postgres', postgres],
  ['mysql', mysql],
  ['mariadb', mysql],
  ['better-sqlite3', sqlite],
]);

/**
 * The SQL of a DataSource's database.
 *
 * @throws AuthConfigurationError for a database that the library does not support
 */
export function dialectOf(dataSource: DataSource): Dialect {
  const { type } = dataSource.options;
  const dialect = DIALECTS.get(type);
  if (dialect !== undefined) return dialect;
  throw new AuthConfigurationError([
    `dataSource: databases of the type "${type}" are not supported; use one of ${[...DIALECTS.keys()].join(', ')}.`,
  ]);
}
