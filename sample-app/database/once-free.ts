import { setTimeout as wait } from 'node:timers/promises';

/** How long to wait for SQLite's write lock. */
const WAIT_LIMIT_MS = 5_000;

/**
 * Repeats the work while another connection holds SQLite's write lock. If SQLite itself waited, it would block the
 * event loop, and with it the transaction of this process that holds the lock.
 */
export async function onceFree<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_LIMIT_MS;
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
