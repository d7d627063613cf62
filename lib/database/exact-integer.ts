/**
 * A 64-bit integer as drivers give it: a text, a number or a bigint. Beyond 2^53 a number cannot hold it
 * exactly, so that is refused.
 *
 * @throws Error for anything else
 */
export function exactInteger(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (value !== '' && typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new Error('The database did not return a whole number where one was expected.');
}
