import type { PolicyConfigurationError } from '../decision/policy.js';
import type { AuthExceptionCode } from './auth.exceptions.js';

/**
 * The `code` of every error and exception of this library; stable.
 *
 * ```ts
 * const MESSAGES: Partial<Record<AuthErrorCode, string>> = { session_limit: 'Too many devices' };
 * ```
 */
export type AuthErrorCode =
  | AuthExceptionCode
  | AuthConfigurationError['code']
  | PolicyConfigurationError['code']
  | KeyRingError['code']
  | RevocationErrorCode
  | SignInErrorCode;

/**
 * Thrown at boot when the options, the entities or the database are not usable: the application does not
 * start. `problems` lists all of them, each with what to do.
 *
 * ```ts
 * try {
 *   await NestFactory.create(AppModule, { abortOnError: false });
 * } catch (error) {
 *   if (!(error instanceof AuthConfigurationError)) throw error;
 *   for (const problem of error.problems) console.error(problem);
 * }
 * ```
 */
export class AuthConfigurationError extends Error {
  override readonly name = 'AuthConfigurationError';
  readonly code = 'auth_misconfigured';
  constructor(
    readonly problems: readonly string[],
    options: ErrorOptions & { readonly headline?: string } = {},
  ) {
    super(
      `${options.headline ?? 'The options of AuthModule cannot be used:'}\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      options,
    );
  }
}

/**
 * Thrown by `KeyService.reload()` and `KeyService.replace()` when the new keys cannot be loaded or used: the
 * current keys stay in use. `problems` lists all of them, and names no key.
 *
 * ```ts
 * await keys.reload().catch((error: unknown) => {
 *   if (error instanceof KeyRingError) logger.error(error.problems.join('\n'));
 * });
 * ```
 */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
  readonly code = 'keys_unusable';
  constructor(
    readonly problems: readonly string[],
    options: ErrorOptions = {},
  ) {
    super(`The keys cannot be used: ${problems.join(' ')}`, options);
  }
}

/** Why a {@link RevocationError} was thrown. */
export type RevocationErrorCode =
  /**
   * An argument is missing or malformed, or the caller's transaction cannot be joined: it is one of another
   * DataSource, it has failed, it has ended, it is read-only, or it does not see a session that is to be ended.
   */
  | 'invalid_argument'
  /** The token to revoke is not a token of this application. */
  | 'invalid_token'
  /** No account has this id. */
  | 'unknown_user'
  /** No active policy would enforce the revocation. */
  | 'not_configured';

/**
 * Thrown by `RevocationService`, `SessionService` and `KeyService` when they cannot do what was asked because
 * of an argument or the options. A call that throws it has changed nothing.
 *
 * ```ts
 * try {
 *   await revocation.revokeUser(id);
 * } catch (error) {
 *   if (error instanceof RevocationError && error.code === 'unknown_user') throw new NotFoundException();
 *   throw error;
 * }
 * ```
 */
export class RevocationError<Code extends RevocationErrorCode = RevocationErrorCode> extends Error {
  override readonly name = 'RevocationError';
  constructor(
    readonly code: Code,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** Why a {@link SignInError} was thrown. */
export type SignInErrorCode =
  /** The user that was given is not an entity that can be compared with the database. */
  | 'invalid_user'
  /** The claims that were given are not declared in `jwt.claims`, or have another type. */
  | 'invalid_claims'
  /** The open transaction cannot be signed in in; the message says why. */
  | 'invalid_transaction'
  /** A policy of your own set a stamp of another type than it declares. */
  | 'invalid_stamp'
  /** The account has too many roles or permissions for one token. */
  | 'token_too_long';

/**
 * Thrown by `AuthService.signIn()` when no token can be made from its arguments, the policies or the
 * account's roles. It is a fault of the application, not of the person who signs in.
 *
 * ```ts
 * const user = await users.findOneBy({ email }); // lacks passwordHash, which has select: false
 * await auth.signIn(user); // SignInError, code 'invalid_user'
 * ```
 */
export class SignInError<Code extends SignInErrorCode = SignInErrorCode> extends Error {
  override readonly name = 'SignInError';
  constructor(
    readonly code: Code,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}
