/** Reads the value of an environment variable, and describes what it accepts. */
export interface Reader<T> {
  /** What a valid value looks like, for the error message. */
  readonly accepts: string;
  /** The value; `undefined` when the text is not acceptable. */
  read(text: string): T | undefined;
}

export const text = (accepts: string, pattern: RegExp): Reader<string> => ({
  accepts,
  read: (given) => (pattern.test(given) ? given : undefined),
});

export const oneOf = <const T extends string>(...values: readonly T[]): Reader<T> => ({
  accepts: values.map((value) => `"${value}"`).join(' or '),
  read: (given) => values.find((value) => value === given),
});

export const wholeNumber = (least: number, most: number): Reader<number> => ({
  accepts: `a whole number from ${least} to ${most}`,
  read: (given) => {
    const number = /^\d{1,15}$/.test(given) ? Number(given) : NaN;
    return number >= least && number <= most ? number : undefined;
  },
});

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
type Unit = keyof typeof UNITS;
type DurationText = `${number}${Unit}`;

/** A length of time in milliseconds, with both ends included. */
export const duration = (least: DurationText, most: DurationText): Reader<number> => ({
  accepts: `a duration from ${least} to ${most}, a whole number with one of the units ms, s, m, h, d`,
  read: (given) => {
    const milliseconds = millisecondsOf(given);
    const inRange = milliseconds >= millisecondsOf(least) && milliseconds <= millisecondsOf(most);
    return inRange ? milliseconds : undefined;
  },
});

function millisecondsOf(given: string): number {
  const [, count, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(given) ?? [];
  return isUnit(unit) ? Number(count) * UNITS[unit] : NaN;
}

function isUnit(unit: string | undefined): unit is Unit {
  return unit !== undefined && Object.hasOwn(UNITS, unit);
}

/** An address with one of these schemes, such as `redis:`. */
export const url = (...schemes: readonly string[]): Reader<URL> => ({
  accepts: schemes.map((scheme) => `${scheme}//…`).join(' or '),
  read: (given) => {
    const parsed = URL.canParse(given) ? new URL(given) : undefined;
    return parsed !== undefined && schemes.includes(parsed.protocol) && parsed.hostname !== ''
      ? parsed
      : undefined;
  },
});
