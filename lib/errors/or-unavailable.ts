import { RevocationError } from './revocation.errors.js';
import { AuthException, AuthUnavailableException } from './auth.exceptions.js';

/** Runs the action. Every error but those that the library throws on purpose becomes an AuthUnavailableException. */
export async function orUnavailable<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof AuthException || cause instanceof RevocationError) throw cause;
    throw new AuthUnavailableException(cause);
  }
}
