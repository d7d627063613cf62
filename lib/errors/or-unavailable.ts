import { RevocationError } from './auth.errors.js';
import { AuthException, AuthUnavailableException } from './auth.exceptions.js';

/** The action's outcome; whatever fails in it but on purpose is a state that cannot be known now. */
export async function orUnavailable<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof AuthException || cause instanceof RevocationError) throw cause;
    throw new AuthUnavailableException(cause);
  }
}
