import { RevocationError } from './revocation.errors.js';
import { SignInError } from './sign-in.errors.js';
import { AuthException, AuthUnavailableException } from './auth.exceptions.js';

/** Runs the action. Every error but those that the library throws on purpose becomes an AuthUnavailableException. */
export async function orUnavailable<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const isOwn = [AuthException, RevocationError, SignInError].some(
      (type) => cause instanceof type,
    );
    if (isOwn) throw cause;
    throw new AuthUnavailableException(cause);
  }
}
