import { AuthDatabaseError } from '../../errors/database.errors.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../faults.js';
import { OWN_SHARE, OWN_TRANSACTION, transactionMistake } from '../open-transaction.js';

/** The first pause in milliseconds; it doubles up to the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

export interface LockWait {
  readonly timeoutMs: number;
  /** Whether the caller has a transaction open. To wait for its lock would be in vain. */
  readonly isCallersOwn: () => boolean;
}

/** The result of an attempt that found the database locked. */
export const LOCKED = Symbol('locked');

/**
 * Tries until the database is not locked, without blocking the event loop.
 *
 * SQLite's own busy timeout waits inside the call. better-sqlite3 is synchronous, so it would stop the whole
 * process, and with it the transaction that holds the lock.
 */
export async function retryWhileLocked<T>(
  { timeoutMs, isCallersOwn }: LockWait,
  attempt: () => T | typeof LOCKED | Promise<T | typeof LOCKED>,
): Promise<T> {
  const began = performance.now();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    // oxlint-disable-next-line no-await-in-loop
    const result = await attempt();
    if (result !== LOCKED) return result;
    const waited = performance.now() - began;
    // Early: the caller has the same limit, and should get this error and not a timeout.
    if (waited >= timeoutMs * OWN_SHARE && isCallersOwn()) {
      throw transactionMistake(OWN_TRANSACTION);
    }
    if (waited >= timeoutMs) {
      throw new AuthDatabaseError(
        'SQLITE_BUSY',
        `The SQLite database stayed locked for ${timeoutMs} ms. Inside your own transaction, pass its manager along. Elsewhere, make transactions shorter.`,
      );
    }
    // Jitter: processes that wait for the same lock should not try at the same moments.
    // oxlint-disable-next-line no-await-in-loop
    await sleep(pause * (0.5 + Math.random()));
  }
}

/** Runs an attempt. Gives `LOCKED` if another connection holds a lock. Throws any other error. */
export function orLocked<T>(attempt: () => T): T | typeof LOCKED {
  try {
    return attempt();
  } catch (error) {
    if (isLock(error)) return LOCKED;
    throw error;
  }
}

/** Whether SQLite reports that another connection holds a lock. */
export function isLock(error: unknown): boolean {
  // Extended codes too: SQLITE_BUSY_SNAPSHOT, SQLITE_BUSY_RECOVERY, SQLITE_LOCKED_SHAREDCACHE.
  return /^SQLITE_(?:BUSY|LOCKED)/.test(textOf(error, 'code') ?? '');
}
