/**
 * A 64-bit integer as drivers give it, which may be text, a number or a bigint; beyond 2^53 a number
 * would be another one.
 *
 * @throws Error for anything else
 */
export function exactInteger(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (value !== '' && typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new Error('The database gave something else where a whole number was expected.');
}
