import type { Series } from '../growth.js';
import { median, type Ratio, ratioOf } from '../load/statistics.js';
import type { Measured } from '../rounds.js';
import { cpuOf } from './summary.js';

/** What one amount of something costs. */
export interface GrowthLine {
  readonly series: string;
  readonly amount: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statements: number;
  /** What is left of the speed at the first amount, by CPU time. */
  readonly share: Ratio;
  /** Bytes of heap for each, where they are in memory. */
  readonly heapBytesEach: number | null;
}

export function growthLinesOf(measured: readonly Measured[], all: readonly Series[]): GrowthLine[] {
  return all.flatMap(({ name: series, steps, inMemory }) => {
    const seen = steps.flatMap(({ amount, variant }) => {
      const found = measured.find((one) => one.variant === variant);
      return found === undefined ? [] : [{ amount, found }];
    });
    const [first] = seen;
    if (first === undefined) return [];
    return seen.map(({ amount, found }): GrowthLine => {
      const { slices, heapBytes } = found;
      const more = amount - first.amount;
      return {
        series,
        amount,
        cpuMicros: median(cpuOf(found)),
        p50Ms: median(slices.map(({ p50Ms }) => p50Ms)),
        p99Ms: median(slices.map(({ p99Ms }) => p99Ms)),
        statements: median(slices.map(({ statements }) => statements)),
        share: ratioOf(cpuOf(first.found), cpuOf(found)),
        heapBytesEach:
          inMemory === true && more > 0 ? (heapBytes - first.found.heapBytes) / more : null,
      };
    });
  });
}
