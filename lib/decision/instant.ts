/** ISO 8601 with a date alone (midnight UTC) or with a zone. A local time would depend on the process. */
const UNAMBIGUOUS = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/;

/** Milliseconds of 3 March 1973. Read as seconds it is the year 5138: a number below it is seconds. */
const SECONDS_BELOW = 1e11;

/**
 * The instant that a column holds, in milliseconds since the epoch. The column may hold a Date, a number
 * or bigint of milliseconds (also as text, as drivers return 64-bit integers), or an ISO 8601 text.
 * PostgreSQL's `infinity` is `Infinity`.
 *
 * `NaN` for a value that is not certain, such as a number that must be seconds. Callers compare in the
 * direction in which `NaN` refuses.
 */
export function instantOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'number') return milliseconds(value);
  if (typeof value === 'bigint') return milliseconds(Number(value));
  if (typeof value !== 'string') return NaN;
  if (/^-?\d+$/.test(value)) return milliseconds(Number(value));
  return UNAMBIGUOUS.test(value) ? Date.parse(value.replace(' ', 'T')) : NaN;
}

function milliseconds(number: number): number {
  return number !== 0 && Math.abs(number) < SECONDS_BELOW ? NaN : number;
}
