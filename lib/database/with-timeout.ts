/** The promise's outcome, or a rejection when the time is over. A late outcome is ignored. */
export function withTimeout<T>(
  timeoutMs: number,
  promise: Promise<T>,
  otherwise = 'The database did not answer in time.',
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(otherwise)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
