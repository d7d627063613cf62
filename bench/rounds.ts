import type { Pinning } from './load/pinning.js';
import { randomFrom, shuffled } from './load/statistics.js';
import { type Slice, Subject } from './load/subject.js';
import type { Variant } from './variants.js';

/** What was measured of one variant: a slice in each pass. */
export interface Measured {
  readonly variant: Variant;
  readonly slices: Slice[];
  /** Bytes of heap that a request allocates; `Infinity` where it could not be counted. */
  readonly allocated: number;
  /** Bytes of heap in use while nobody asks anything. */
  readonly heapBytes: number;
}

export interface RoundOptions {
  readonly passes: number;
  readonly sliceSeconds: number;
  readonly warmUpRequests: number;
  readonly pinning: Pinning;
  readonly say: (line: string) => void;
}

/**
 * Measures the variants side by side: all servers run, and each pass gives each of them one slice, in
 * an order of its own. What slows the machine down for a minute then slows all of them, and a
 * comparison is made within each pass.
 */
export async function rounds(
  variants: readonly Variant[],
  { passes, sliceSeconds, warmUpRequests, pinning, say }: RoundOptions,
): Promise<Measured[]> {
  const subjects: Subject[] = [];
  try {
    say(`starting ${variants.length} servers`);
    // One after the other: they would only take each other's core.
    for (const variant of variants) {
      // oxlint-disable-next-line no-await-in-loop
      subjects.push(await Subject.start(variant, pinning));
    }
    say('warming up');
    // oxlint-disable-next-line no-await-in-loop
    for (const subject of subjects) await subject.warmUp(warmUpRequests);
    const slices = new Map(subjects.map((subject) => [subject, [] as Slice[]]));
    const random = randomFrom(passes);
    for (let pass = 1; pass <= passes; pass++) {
      for (const subject of shuffled(subjects, random)) {
        // oxlint-disable-next-line no-await-in-loop
        slices.get(subject)?.push(await subject.slice(sliceSeconds));
      }
      say(`pass ${pass} of ${passes}`);
    }
    say('counting allocations');
    const measured: Measured[] = [];
    for (const subject of subjects) {
      measured.push({
        variant: subject.variant,
        slices: slices.get(subject) ?? [],
        // oxlint-disable-next-line no-await-in-loop
        allocated: await subject.allocation(),
        // oxlint-disable-next-line no-await-in-loop
        heapBytes: await subject.heapAtRest(),
      });
    }
    return measured;
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}
