import { AuthTimeoutError } from '../errors/database.errors.js';

/**
 * The promise's outcome. A late outcome is ignored.
 *
 * @throws AuthTimeoutError when the time is over
 */
export function withTimeout<T>(
  timeoutMs: number,
  promise: Promise<T>,
  otherwise?: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AuthTimeoutError(otherwise)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
