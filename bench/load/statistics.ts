/** A ratio, and how far it can be believed. */
export interface Ratio {
  readonly median: number;
  /** Bounds within which the median lies with 95 % confidence. */
  readonly low: number;
  readonly high: number;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * How many times as much a costs as b, from passes in each of which both were measured: what disturbs
 * the machine for a while disturbs both. The bounds are a bootstrap's, from the same seed each time.
 */
export function ratioOf(a: readonly number[], b: readonly number[]): Ratio {
  const ratios = a.flatMap((value, pass) => {
    const other = b[pass];
    return other === undefined ? [] : [value / other];
  });
  const random = randomFrom(1);
  const medians = Array.from({ length: 1_000 }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? NaN)),
  );
  return {
    median: median(ratios),
    low: quantile(medians, 0.025),
    high: quantile(medians, 0.975),
  };
}

/** The same numbers from 0 to below 1 for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const keyed = values.map((value) => [random(), value] as const);
  return keyed.toSorted(([a], [b]) => a - b).map(([, value]) => value);
}
