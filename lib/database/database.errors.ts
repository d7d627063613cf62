/** Why the library's way to the database refused, where it was not the database that failed. */
export type DatabaseErrorCode =
  /** A SQLite database stayed locked until the deadline; nothing was read or changed. */
  | 'SQLITE_BUSY'
  /** The manager is in no transaction that the statements could become part of. */
  | 'not_in_transaction'
  /** The manager belongs to another DataSource than the one that the library uses. */
  | 'other_data_source'
  /** The library's connections were closed; the application is shutting down. */
  | 'closed';

/** Thrown by the library's way to the database. What the database itself reports is thrown as the driver gave it. */
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
