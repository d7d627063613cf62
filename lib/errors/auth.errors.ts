/**
 * Thrown at boot: the application does not start. Lists every problem, each with what to do.
 */
export class AuthConfigurationError extends Error {
  override readonly name = 'AuthConfigurationError';
  readonly code = 'auth_misconfigured';
  constructor(
    readonly problems: readonly string[],
    options: ErrorOptions & { readonly headline?: string } = {},
  ) {
    super(
      `${options.headline ?? 'The options of AuthModule are not usable:'}\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      options,
    );
  }
}

/** Thrown when keys cannot be had or used: those from before stay in use. Lists every problem; names no key. */
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

/** Why a call of the revocation, session or key service was refused. */
export type RevocationErrorCode =
  /**
   * An argument is missing, empty or malformed, or the passed transaction does not see a session that it should
   * end.
   */
  | 'invalid_argument'
  /** The token to revoke is not a token of this application. */
  | 'invalid_token'
  /** No account has that id. */
  | 'unknown_user'
  /** No active policy would enforce the revocation. */
  | 'not_configured';

/** Thrown by the revocation, session and key services. The call changed nothing. */
export class RevocationError extends Error {
  override readonly name = 'RevocationError';
  constructor(
    readonly code: RevocationErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** What `signIn` cannot make a token of. */
export type SignInErrorCode =
  /** The entity cannot be compared with the database. */
  | 'invalid_user'
  /** Claims of the application's own that are not declared, or do not fit. */
  | 'invalid_claims'
  /** A policy of the application's own set a stamp of another type than it declares. */
  | 'invalid_stamp'
  /** The account has too many roles or permissions for one token. */
  | 'token_too_long';

/** Thrown by `signIn` for what it was given: the application must be changed. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  constructor(
    message: string,
    readonly code: SignInErrorCode = 'invalid_user',
  ) {
    super(message);
  }
}
