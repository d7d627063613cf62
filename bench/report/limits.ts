import { MOST_BYTES, MOST_STATEMENTS } from '../aims.js';
import { SERIES } from '../growth.js';
import { NAMES } from '../variants.js';
import type { GrowthLine } from './growth.js';
import type { Line } from './summary.js';

/** A number that is to stay below another one. */
export interface Limit {
  readonly what: string;
  readonly value: number;
  readonly atMost: number;
}

export function limitsOf(lines: readonly Line[], growth: readonly GrowthLine[]): Limit[] {
  const shared = NAMES.at(NAMES.strict, 64);
  return [
    ...lines
      .filter(({ name }) => name === shared)
      .map(({ adapter, statements }) => ({
        what: `statements per request, ${shared}, ${adapter}`,
        value: statements,
        atMost: MOST_STATEMENTS,
      })),
    ...growth.flatMap(({ series, amount, heapBytesEach }) =>
      series === SERIES.subjects && amount >= 1_000_000 && heapBytesEach !== null
        ? [
            {
              what: `bytes of heap for each of ${amount.toLocaleString('en')} ${series}`,
              value: heapBytesEach,
              atMost: MOST_BYTES,
            },
          ]
        : [],
    ),
  ];
}
