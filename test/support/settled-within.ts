import { setTimeout as sleep } from 'node:timers/promises';

const PARTS = 8;

/**
 * The outcome of `work`, or a rejection when it has none within the time.
 *
 * The time is cut into timers of this process, one after the other. A machine that stands still, however long,
 * uses up one of them, and it delays `work` alike. So this tells what waits for a timer of its own from what a
 * busy machine delays.
 */
export async function settledWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const { signal } = settled;
  const late = async (): Promise<never> => {
    for (let part = 0; part < PARTS; part++) {
      // oxlint-disable-next-line no-await-in-loop
      await sleep(ms / PARTS, undefined, { signal });
    }
    throw new Error(`There was no outcome within ${ms} ms.`);
  };
  try {
    return await Promise.race([work, late()]);
  } finally {
    settled.abort();
  }
}
