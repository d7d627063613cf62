import { AuthDatabaseError, ReplicaError } from '../errors/database.errors.js';
import type { Row } from './database.js';

/**
 * SQLSTATE classes that say the database cannot be used now, whatever the statement: connection
 * exceptions, transaction rollback, insufficient resources, operator intervention, system errors.
 */
const UNAVAILABLE = new Set(['08', '40', '53', '57', '58']);

/**
 * Whether the fault lies in the statement or its values, by the SQLSTATE.
 *
 * A connection that fails has a system error code such as `ECONNREFUSED` and no SQLSTATE.
 *
 * @param stateOf the SQLSTATE of a driver's error, or what the driver has in its place
 */
export function isStatementFault(
  error: unknown,
  stateOf: (driverError: unknown) => string | undefined,
): boolean {
  // Everything else that the library finds wrong would be the same for every value.
  if (error instanceof AuthDatabaseError) return error.code === 'unreadable';
  const state = stateOf(driverErrorOf(error));
  if (state === undefined) return !('driverError' in Object(error));
  return /^[0-9A-Z]{5}$/.test(state) && !UNAVAILABLE.has(state.slice(0, 2));
}

/** The driver's error inside TypeORM's. */
export function driverErrorOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'driverError' in error
    ? error.driverError
    : error;
}

/** A text among the properties of an error, or of another object. */
export function textOf(object: unknown, name: string): string | undefined {
  const value: unknown = Object(object)[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * For answers with a column `replica`; see `isReplica` of the dialect.
 *
 * @throws ReplicaError
 */
export function refuseReplica(rows: readonly Row[]): void {
  if (rows.some(({ replica }) => Number(replica) === 1)) throw new ReplicaError();
}
