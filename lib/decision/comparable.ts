import type { SubjectState } from './auth-state.js';
import { columnValue } from './column-value.js';
import { encode } from './encoding.js';
import type { StampValue } from './policy.js';

/** A decimal integer as every database writes it: no sign but a minus, no leading zeros. */
const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/**
 * Whether two values of one column are the same, whoever read them.
 *
 * Drivers return a 64-bit integer as a number, a text or a bigint, depending on the driver, its
 * settings and the size of the number; here these are equal. Dates are compared by millisecond, bytes
 * by content, JSON without regard to the order of keys. `undefined` is a value that nobody read: it
 * equals nothing, not even itself.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || encode(integerOf(a) ?? a) === encode(integerOf(b) ?? b);
}

/**
 * A column's value as a stamp: the same for every way in which a driver may return it, and the same
 * again after a journey through JSON. An integer becomes a number, beyond 2^53 its text; a Date its
 * milliseconds. `null` for NULL and for what cannot be read, such as an invalid Date.
 */
export function stampOf(value: unknown): StampValue {
  if (value === null || value === undefined) return null;
  const scalar = value instanceof Date ? value.getTime() : value;
  const integer = integerOf(scalar);
  if (integer !== undefined) {
    const number = Number(integer);
    return Number.isSafeInteger(number) ? number : String(integer);
  }
  if (typeof scalar === 'number') return Number.isFinite(scalar) ? scalar : null;
  return typeof scalar === 'string' || typeof scalar === 'boolean' ? scalar : encode(scalar);
}

/** The same as text, for a column of whatever type; `null` stays `null`. */
export function textStampOf(value: unknown): string | null {
  const stamp = stampOf(value);
  return stamp === null ? null : String(stamp);
}

/** Whether a stamp is an integer, written as {@link stampOf} writes it and in no other way. */
export function isIntegerStamp(value: unknown): boolean {
  return integerOf(value) !== undefined && stampOf(value) === value;
}

/**
 * The bytes to hash when something is to change with any of these columns: of the subject and of each
 * property's name and value, unambiguous, whatever the order in which the properties are named.
 *
 * UTF-16, because it keeps every JavaScript string apart; UTF-8 replaces lone surrogates.
 */
export function fingerprint(subject: SubjectState, properties: readonly string[]): Buffer {
  const names = [...new Set(properties)].sort();
  const values = names.map((name) => encode(name) + encode(columnValue(subject, name)));
  return Buffer.from(encode(subject.subject) + values.join(''), 'utf16le');
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && INTEGER.test(value) ? BigInt(value) : undefined;
}
