import { ReplicaError } from './replica.js';

/**
 * SQLSTATE classes that say the database is not usable now, whatever the statement: connection
 * exceptions, transaction rollback, insufficient resources, operator intervention, system errors.
 */
const AWAY = new Set(['08', '40', '53', '57', '58']);

/**
 * Whether the fault lies in the statement or its values rather than in reaching the database.
 *
 * PostgreSQL gives SQLSTATE as `code`, the MySQL family as `sqlState`; a connection that fails has a
 * system error code such as `ECONNREFUSED` and no SQLSTATE. What comes from our own reading of the
 * answer has neither and is a fault of the row that was read.
 */
export function isStatementFault(error: unknown): boolean {
  if (error instanceof ReplicaError) return false;
  const driver = driverError(error);
  const state = textOf(driver, 'sqlState') ?? textOf(driver, 'code');
  if (state === undefined) return !('driverError' in Object(error));
  if (state.startsWith('SQLITE_')) return false;
  return /^[0-9A-Z]{5}$/.test(state) && !AWAY.has(state.slice(0, 2));
}

/** What the driver threw, inside what TypeORM made of it. */
export function driverError(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'driverError' in error
    ? error.driverError
    : error;
}

function textOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}
