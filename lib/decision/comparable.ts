import { PolicyConfigurationError } from './policy.js';
import type { SubjectState } from './auth-state.js';
import type { StampValue } from './policy.js';

/** A decimal integer as every database writes it: no sign but a minus, no leading zeros. */
const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/**
 * Whether two values of one column are the same, whichever driver read them.
 *
 * A 64-bit integer comes as a number, a text or a bigint, depending on the driver, its settings and the
 * size of the number; these are equal here. Dates are compared by millisecond, bytes by content, JSON
 * without regard to the order of keys. `undefined` means that the value was not read: it equals nothing,
 * not even itself.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || encode(integerOf(a) ?? a) === encode(integerOf(b) ?? b);
}

/**
 * A column's value as a stamp: the same however a driver returns it, and unchanged by JSON. An integer
 * becomes a number, beyond 2^53 its text. A Date becomes its milliseconds. NULL becomes `null`, and so does
 * a value without a meaning, such as an invalid Date.
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

/** The same as text, for a column of any type; `null` stays `null`. */
export function textStampOf(value: unknown): string | null {
  const stamp = stampOf(value);
  return stamp === null ? null : String(stamp);
}

/** Whether a stamp is an integer, written as {@link stampOf} writes it and in no other way. */
export function isIntegerStamp(value: unknown): boolean {
  return integerOf(value) !== undefined && stampOf(value) === value;
}

/**
 * The bytes to hash for a stamp that changes when any of these columns does: the subject, and the name and
 * value of each property. They are unambiguous, and do not depend on the order of `properties`.
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

/**
 * The text of a value that a column can hold. Different values have different texts.
 *
 * Each part begins with its type and its length, so that no value can imitate another or run into its
 * neighbour: `null`, `''`, `0`, `0n`, `false`, an empty Buffer, `[]` and `{}` all differ. Keys of
 * objects are sorted, because databases keep JSON in an order of their own.
 *
 * @throws TypeError for a value whose content cannot be seen, such as a Map or a function: two of
 * them would look alike, and a change would go unnoticed
 */
export function encode(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return part('u', '');
    case 'string':
      return part('s', value);
    case 'boolean':
      return part('b', String(value));
    case 'number':
      return part('n', String(value));
    case 'bigint':
      return part('i', String(value));
    case 'object':
      return value === null ? part('z', '') : encodeObject(value);
    default:
      throw new TypeError(`A ${typeof value} cannot be compared.`);
  }
}

function encodeObject(value: object): string {
  // In milliseconds; 'NaN' for an invalid Date.
  if (value instanceof Date) return part('d', String(value.getTime()));
  if (value instanceof Uint8Array) {
    return part('x', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex'));
  }
  if (Array.isArray(value)) return part('a', value.map(encode).join(''));
  // Objects from a transformer, such as a decimal or a Temporal instant, often have a toJSON().
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json: unknown = value.toJSON();
    return part('j', encode(json));
  }
  const entries = Object.entries(value)
    .filter(([, content]) => content !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0 && !isPlain(value)) {
    throw new TypeError(`A ${value.constructor.name} cannot be compared. Give it a toJSON().`);
  }
  return part('o', entries.map(([key, content]) => encode(key) + encode(content)).join(''));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function part(type: string, content: string): string {
  return `${type}${content.length}:${content}`;
}

/**
 * The value of a column that a policy named, by property name of the user entity.
 *
 * @throws PolicyConfigurationError when it was not read: compared as `undefined`, no change of it would be noticed
 */
export function columnValue(subject: SubjectState, property: string): unknown {
  if (Object.hasOwn(subject.columns, property)) return subject.columns[property];
  throw new PolicyConfigurationError(
    `The auth state was read without "${property}". Name it in the \`columns\` of the policy that asks for it.`,
  );
}
