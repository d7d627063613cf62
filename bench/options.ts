import { parseArgs } from 'node:util';
import { ADAPTERS, type Adapter } from './variants.js';

/** How thoroughly it is measured, and what of it. */
export interface BenchOptions {
  readonly passes: number;
  readonly sliceSeconds: number;
  readonly warmUpRequests: number;
  readonly adapters: readonly Adapter[];
  /** Parts of the names of variants; none named: all of them. */
  readonly only: readonly string[];
  readonly parts: readonly Part[];
  /** Whether the results are kept in `bench/results/`. */
  readonly write: boolean;
}

/** `routes`: whole requests; `growth`: the same by amount; `pieces`: micro-benchmarks. */
export type Part = 'routes' | 'growth' | 'pieces';
const PARTS: readonly Part[] = ['routes', 'growth', 'pieces'];

const FULL = { passes: 16, sliceSeconds: 0.4, warmUpRequests: 6_000 };
const QUICK = { passes: 3, sliceSeconds: 0.1, warmUpRequests: 2_000 };

/** `--quick`, `--passes 10`, `--adapter fastify`, `--only strict --only 'no guard'`, `--part pieces`. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      passes: { type: 'string' },
      adapter: { type: 'string' },
      part: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      'no-write': { type: 'boolean', default: false },
    },
  });
  const thorough = values.quick ? QUICK : FULL;
  const adapters = ADAPTERS.filter((name) => name === (values.adapter ?? name));
  if (adapters.length === 0) throw new Error('--adapter: express or fastify.');
  const parts = PARTS.filter((name) => name === (values.part ?? name));
  if (parts.length === 0) throw new Error(`--part: one of ${PARTS.join(', ')}.`);
  const passes = values.passes === undefined ? thorough.passes : Number(values.passes);
  if (!(passes >= 1)) throw new Error('--passes: a number from 1.');
  return {
    ...thorough,
    passes,
    adapters,
    only: values.only,
    parts,
    // A look at the machine is no result.
    write:
      !values.quick &&
      values.only.length === 0 &&
      parts.length === PARTS.length &&
      adapters.length === ADAPTERS.length &&
      !values['no-write'],
  };
}
