/** The pieces of the hot path alone, in a process of their own; tells its parent what each takes. */
import { do_not_optimize, measure } from 'mitata';
import { pieces } from './pieces.js';

/** What one piece takes. */
export interface MicroResult {
  readonly name: string;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly heapBytes: number;
}

const results: MicroResult[] = [];
for (const [name, run] of await pieces()) {
  // oxlint-disable-next-line no-await-in-loop
  const { p50, p99, heap } = await measure(() => do_not_optimize(run()), {
    gc: globalThis.gc ?? false,
    heap: () => process.memoryUsage().heapUsed,
  });
  results.push({ name, medianNs: p50, p99Ns: p99, heapBytes: Math.max(0, heap?.avg ?? 0) });
}
process.send?.(results, () => process.exit());
