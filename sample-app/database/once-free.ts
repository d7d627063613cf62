import { setTimeout as wait } from 'node:timers/promises';

/** How long to wait for SQLite's write lock; milliseconds. */
const PATIENCE = 5_000;

/**
 * Does it again while another connection holds SQLite's write lock. SQLite's own waiting would hold
 * the event loop up, and with it the transaction of this process that it waits for.
 */
export async function onceFree<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await wait(5 + Math.random() * 20);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
