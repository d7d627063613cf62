import type { Problems } from './problems.js';

/**
 * A length of time: milliseconds, or a number with a unit: `ms`, `s`, `m`, `h` or `d`, as in `'15m'`.
 */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A century: longer than any token should live, and short enough for exact milliseconds. */
const LONGEST = 36_525 * 86_400_000;

/** How many characters of a text a message repeats. */
const LONGEST_TEXT = 20;

/** The milliseconds of a duration; `undefined`: the value is not a duration. */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? fromText(value) : NaN;
  return Number.isFinite(ms) && ms >= 0 && ms <= LONGEST ? ms : undefined;
}

function fromText(text: string): number {
  const parts = /^(\d{1,15}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[parts?.[2] ?? ''];
  return parts === null || unit === undefined ? NaN : Number(parts[1]) * unit;
}

/** Bounds of a duration option, in milliseconds; both are allowed values. */
export interface DurationBounds {
  readonly min: number;
  readonly max: number;
  /** How the bounds read in a message, such as `1s to 300s`. */
  readonly text: string;
}

/** The milliseconds of a duration option, or its default; a bad value is a problem. */
export function duration(
  problems: Problems,
  name: string,
  value: unknown,
  fallback: number,
  bounds: DurationBounds,
): number {
  if (value === undefined) return fallback;
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= bounds.min && ms <= bounds.max) return ms;
  problems.add(
    `${name}: ${printable(value)} is not a valid duration. Give milliseconds or a text such as '15m', ${bounds.text}.`,
  );
  return fallback;
}

/** A short text for any value, also one that JSON cannot hold. */
function printable(value: unknown): string {
  if (typeof value !== 'string') {
    return typeof value === 'number' || value === null
      ? String(value)
      : `a value of type ${typeof value}`;
  }
  return JSON.stringify(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value);
}
