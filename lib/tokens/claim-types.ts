import { isStorable } from '../users/subject-codec.js';

/** Whether this audience is meant, alone or among others (RFC 7519 §4.1.3). */
export function isFor(aud: unknown, audience: string): boolean {
  return aud === audience || (isTexts(aud) && aud.includes(audience));
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** A text that names something in the database. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && isStorable(value);
}

/** Whole seconds, or milliseconds, since the epoch. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
