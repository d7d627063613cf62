/** The code of a {@link RevocationError}; stable. Each has a class. */
export type RevocationErrorCode =
  | InvalidArgumentError['code']
  | InvalidTokenError['code']
  | UnknownUserError['code']
  | NotConfiguredError['code'];

/**
 * The base of the errors that `RevocationService`, `SessionService` and `KeyService` throw when they cannot do
 * what was asked because of an argument or the options. A call that throws one has changed nothing.
 *
 * ```ts
 * try {
 *   await revocation.revokeUser(id);
 * } catch (error) {
 *   if (error instanceof RevocationError) logger.error(error.code);
 *   throw error;
 * }
 * ```
 */
export abstract class RevocationError extends Error {
  abstract readonly code: RevocationErrorCode;
}

/**
 * Thrown when an argument is missing or malformed, or the caller's transaction cannot be joined: it is one of
 * another DataSource, it has failed, it has ended, it is read-only, or it does not see a session that is to be
 * ended. The message names the argument.
 *
 * ```ts
 * await revocation.revokeUser(''); // InvalidArgumentError, code 'invalid_argument'
 * ```
 */
export class InvalidArgumentError extends RevocationError {
  override readonly name = 'InvalidArgumentError';
  readonly code = 'invalid_argument';
}

/**
 * Thrown by `revokeToken()` when the text is not a token of this application.
 *
 * ```ts
 * await revocation.revokeToken(text).catch((error: unknown) => {
 *   if (!(error instanceof InvalidTokenError)) throw error; // it opens nothing here, so it may stay
 * });
 * ```
 */
export class InvalidTokenError extends RevocationError {
  override readonly name = 'InvalidTokenError';
  readonly code = 'invalid_token';
}

/**
 * Thrown when no account has the user id that was given.
 *
 * ```ts
 * try {
 *   await revocation.revokeUser(id);
 * } catch (error) {
 *   throw error instanceof UnknownUserError ? new NotFoundException() : error;
 * }
 * ```
 */
export class UnknownUserError extends RevocationError {
  override readonly name = 'UnknownUserError';
  readonly code = 'unknown_user';
}

/**
 * Thrown when the options of `AuthModule` lack what the call needs: a policy that would enforce the revocation,
 * or `sessions`. The message names the option. It is a fault of the application.
 *
 * ```ts
 * // policies: [accountStatus()]
 * await revocation.revokeToken(token); // NotConfiguredError, code 'not_configured'
 * ```
 */
export class NotConfiguredError extends RevocationError {
  override readonly name = 'NotConfiguredError';
  readonly code = 'not_configured';
}
