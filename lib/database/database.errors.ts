/** Why the library refused to use the database; the database itself did not fail. */
export type DatabaseErrorCode =
  /** A SQLite database stayed locked until the deadline; nothing was read or changed. */
  | 'SQLITE_BUSY'
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
