import type { Row } from './database.js';

/**
 * SQLSTATE classes that say the database is not usable now, whatever the statement: connection
 * exceptions, transaction rollback, insufficient resources, operator intervention, system errors.
 */
const UNAVAILABLE = new Set(['08', '40', '53', '57', '58']);

/**
 * Whether the fault lies in the statement or its values, by the SQLSTATE.
 *
 * A connection that fails has a system error code such as `ECONNREFUSED` and no SQLSTATE.
 *
 * @param stateOf what the driver has in the place of the SQLSTATE
 */
export function isStatementFault(
  error: unknown,
  stateOf: (driverError: unknown) => string | undefined,
): boolean {
  if (error instanceof ReplicaError) return false;
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

/** A text among an error's properties. */
export function textOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}

/** Why the library refused to use the database; the database itself did not fail. */
export type DatabaseErrorCode =
  /** A SQLite database stayed locked until the deadline; nothing was read or changed. */
  | 'SQLITE_BUSY'
  /** On SQLite a transaction has read an older state than the newest, and cannot write; nothing was changed. */
  | 'SQLITE_BUSY_SNAPSHOT'
  /** The library's connections were closed; the application is shutting down. */
  | 'closed';

/** Thrown by the library's access to the database. Errors of the database itself are thrown as the driver gave them. */
export class AuthDatabaseError extends Error {
  override readonly name = 'AuthDatabaseError';
  constructor(
    readonly code: DatabaseErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** A server that only follows another one may be behind, so its answer is not used. */
export class ReplicaError extends Error {
  override readonly name = 'ReplicaError';
  constructor() {
    super(
      'The database server that answered is a replica, which may be behind. Connect to the primary.',
    );
  }
}

/**
 * For answers with a column `replica`; see `isReplica` of the dialect.
 *
 * @throws ReplicaError
 */
export function refuseReplica(rows: readonly Row[]): void {
  if (rows.some(({ replica }) => Number(replica) === 1)) throw new ReplicaError();
}
