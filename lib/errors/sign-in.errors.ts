/** The code of a {@link SignInError}; stable. Each has a class. */
export type SignInErrorCode =
  | InvalidUserError['code']
  | InvalidContextError['code']
  | InvalidClaimsError['code']
  | InvalidTransactionError['code']
  | InvalidStampError['code']
  | TokenTooLongError['code'];

/**
 * The base of the errors that `AuthService.signIn()` throws when no token can be made from its arguments, the
 * policies or the account's roles. It is a fault of the application, not of the person who signs in.
 *
 * ```ts
 * await auth.signIn(user).catch((error: unknown) => {
 *   if (error instanceof SignInError) logger.error(`Nobody can sign in: ${error.message}`);
 *   throw error;
 * });
 * ```
 */
export abstract class SignInError extends Error {
  abstract readonly code: SignInErrorCode;
}

/**
 * Thrown when the user that was given is not an entity that can be compared with the database.
 *
 * ```ts
 * const user = await users.findOneBy({ email }); // lacks passwordHash, which has select: false
 * await auth.signIn(user); // InvalidUserError, code 'invalid_user'
 * ```
 */
export class InvalidUserError extends SignInError {
  override readonly name = 'InvalidUserError';
  readonly code = 'invalid_user';
}

/**
 * Thrown when the second argument is not an object with the client, a manager or claims.
 *
 * ```ts
 * await auth.signIn(user, manager); // InvalidContextError, code 'invalid_context': write { manager }
 * ```
 */
export class InvalidContextError extends SignInError {
  override readonly name = 'InvalidContextError';
  readonly code = 'invalid_context';
}

/**
 * Thrown when the claims that were given are not declared in `jwt.claims`, or have another type.
 *
 * ```ts
 * // jwt: { claims: new CustomClaims('https://shop.example/', { seats: 'number' }) }
 * await auth.signIn(user, { claims: { seats: '3' } }); // InvalidClaimsError, code 'invalid_claims'
 * ```
 */
export class InvalidClaimsError extends SignInError {
  override readonly name = 'InvalidClaimsError';
  readonly code = 'invalid_claims';
}

/**
 * Thrown when `signIn()` cannot become part of the open transaction. The message says why.
 *
 * ```ts
 * await dataSource.transaction(async (manager) => {
 *   const user = await manager.save(User, { email });
 *   // Without `sessions`: a rollback would undo the account, but not the token.
 *   await auth.signIn(user, { manager }); // InvalidTransactionError, code 'invalid_transaction'
 * });
 * ```
 */
export class InvalidTransactionError extends SignInError {
  override readonly name = 'InvalidTransactionError';
  readonly code = 'invalid_transaction';
}

/**
 * Thrown when a policy of your own sets a stamp of another type than it declares.
 *
 * ```ts
 * const region: Policy = { name: 'region', stamps: { reg: 'string' }, stamp: () => ({ reg: 7 }), judge };
 * await auth.signIn(user); // InvalidStampError, code 'invalid_stamp'
 * ```
 */
export class InvalidStampError extends SignInError {
  override readonly name = 'InvalidStampError';
  readonly code = 'invalid_stamp';
}

/**
 * Thrown when the account has too many roles or permissions for one token.
 *
 * ```ts
 * if (error instanceof TokenTooLongError) logger.error(`Too many roles: ${user.id}`);
 * ```
 */
export class TokenTooLongError extends SignInError {
  override readonly name = 'TokenTooLongError';
  readonly code = 'token_too_long';
}
