/** The code of an {@link AuthDatabaseError}; stable. */
export type AuthDatabaseErrorCode =
  /** A SQLite database stayed locked until the deadline. Nothing was read or changed. */
  | 'SQLITE_BUSY'
  /** On SQLite a transaction has read an older state than the newest, and cannot write. Nothing was changed. */
  | 'SQLITE_BUSY_SNAPSHOT'
  /** The library's connections were closed, because the application shuts down. */
  | 'closed'
  /** The server that answered is a replica, which may be behind. */
  | 'replica'
  /** The session has autocommit off, so it may go on seeing old state. */
  | 'autocommit_off'
  /** The library's tables lack a row of this realm or process. Run the migration. */
  | 'state_missing'
  /** No triggers watch the tables of this realm. Run the migration. */
  | 'unwatched'
  /** A value in a table of the library, or in a column of an account, has a form that cannot be read. */
  | 'unreadable'
  /** The database reported success, but wrote another number of rows. A trigger of the application may be why. */
  | 'not_written'
  /** Too many requests wait for the same session. */
  | 'overloaded';

/**
 * The `cause` of an {@link AuthUnavailableException} when the library itself cannot use what the database says.
 * Errors of the database are the `cause` as the driver gave them.
 *
 * ```ts
 * if (error instanceof AuthUnavailableException && error.cause instanceof AuthDatabaseError) {
 *   logger.error(`${error.cause.code}: ${error.cause.message}`);
 * }
 * ```
 */
export class AuthDatabaseError<
  Code extends AuthDatabaseErrorCode = AuthDatabaseErrorCode,
> extends Error {
  override readonly name: string = 'AuthDatabaseError';
  constructor(
    readonly code: Code,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** A server that only follows another one may be behind, so its answer is not used. */
export class ReplicaError extends AuthDatabaseError<'replica'> {
  override readonly name = 'ReplicaError';
  constructor() {
    super(
      'replica',
      'The database server that answered is a replica, which may be behind. Connect to the primary.',
    );
  }
}

/**
 * The `cause` of an {@link AuthUnavailableException} when the database or a source of keys did not answer within
 * the time that the options give it.
 *
 * ```ts
 * if (error instanceof AuthUnavailableException && error.cause instanceof AuthTimeoutError) slow.inc();
 * ```
 */
export class AuthTimeoutError extends Error {
  override readonly name = 'AuthTimeoutError';
  readonly code = 'timeout';
  constructor(message = 'The database did not answer in time.') {
    super(message);
  }
}
