import { median, quantile, type Ratio, ratioOf } from '../load/statistics.js';
import type { Measured } from '../rounds.js';
import { type Adapter, NAMES } from '../variants.js';

/** One line of the report: medians over the passes. */
export interface Line {
  readonly name: string;
  readonly adapter: Adapter;
  readonly cpuMicros: number;
  /** The middle half of the passes. */
  readonly cpuMicrosFrom: number;
  readonly cpuMicrosTo: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statements: number;
  readonly allocatedBytes: number | null;
  /** What is left of the speed of the route without a guard, by CPU time. */
  readonly share: Ratio;
}

export function linesOf(measured: readonly Measured[]): Line[] {
  return measured.map(({ variant: { name, adapter }, slices, allocated }) => {
    const cpu = slices.map(({ cpuMicros }) => cpuMicros);
    const bare = measured.find(
      ({ variant }) => variant.name === NAMES.none && variant.adapter === adapter,
    );
    return {
      name,
      adapter,
      cpuMicros: median(cpu),
      cpuMicrosFrom: quantile(cpu, 0.25),
      cpuMicrosTo: quantile(cpu, 0.75),
      perSecond: median(slices.map(({ perSecond }) => perSecond)),
      p50Ms: median(slices.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(slices.map(({ p99Ms }) => p99Ms)),
      statements: median(slices.map(({ statements }) => statements)),
      allocatedBytes: Number.isFinite(allocated) ? Math.round(allocated) : null,
      share: ratioOf(cpuOf(bare), cpu),
    };
  });
}

/** What is claimed or aimed at: so many times as fast as something else, by CPU time. */
export interface Comparison {
  readonly adapter: Adapter;
  readonly name: string;
  readonly against: string;
  readonly ratio: Ratio;
  /** The least that was aimed at, where something was. */
  readonly aim: number | undefined;
}

export interface Aim {
  readonly name: string;
  readonly against: string;
  readonly aim: Readonly<Partial<Record<Adapter, number>>>;
}

export function comparisonsOf(measured: readonly Measured[], aims: readonly Aim[]): Comparison[] {
  const of = (name: string, adapter: Adapter) =>
    measured.find(({ variant }) => variant.name === name && variant.adapter === adapter);
  return (['express', 'fastify'] as const).flatMap((adapter) =>
    aims.flatMap(({ name, against, aim }) => {
      const [one, other] = [of(name, adapter), of(against, adapter)];
      if (one === undefined || other === undefined) return [];
      const ratio = ratioOf(cpuOf(other), cpuOf(one));
      return [{ adapter, name, against, ratio, aim: aim[adapter] }];
    }),
  );
}

/** CPU time per request, pass by pass. */
export function cpuOf(measured: Measured | undefined): number[] {
  return measured?.slices.map(({ cpuMicros }) => cpuMicros) ?? [];
}
