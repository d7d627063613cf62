import type { PolicyConfigurationError } from '../decision/policy.js';
import type { AuthExceptionCode } from './auth.exceptions.js';
import type { AuthDatabaseErrorCode, AuthTimeoutError } from './database.errors.js';
import type { RevocationErrorCode } from './revocation.errors.js';
import type { SignInErrorCode } from './sign-in.errors.js';

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
  | ForeignClaimsError['code']
  | RevocationErrorCode
  | SignInErrorCode
  | AuthDatabaseErrorCode
  | AuthTimeoutError['code'];

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

/**
 * Thrown by `CustomClaims.of()` when the principal belongs to a realm that declares other types.
 *
 * ```ts
 * // The principal of a member of staff, read with the claims that customers have.
 * shopClaims.of(principal); // ForeignClaimsError, code 'foreign_claims'
 * ```
 */
export class ForeignClaimsError extends Error {
  override readonly name = 'ForeignClaimsError';
  readonly code = 'foreign_claims';
  constructor() {
    super(
      'These claims belong to another realm, which declares other types. Read them with its CustomClaims.',
    );
  }
}
