import { errorOf } from '../errors/error-of.js';
import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { AuthDatabase, Work } from './database.js';

const EVERY_MS = 60_000;

export interface Batch {
  readonly done: number;
  /** Whether there may be more. */
  readonly full: boolean;
}

/**
 * Deletes rows that are no longer needed, a batch at a time, so that no lock is held for long. Every process
 * does it about once a minute. If two of them find the same rows, one deletes them.
 */
export abstract class PeriodicCleaner {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private failing = false;
  private isStopped = false;

  /** @param what the name of the rows in log lines */
  protected constructor(
    protected readonly database: AuthDatabase,
    context: string,
    private readonly what: string,
  ) {
    this.logger = new Logger(context);
  }

  start(): void {
    // Processes that started together then do not clean at the same moment.
    const every = EVERY_MS * (0.75 + Math.random() / 2);
    this.timer = setInterval(() => void this.clean(), every);
    this.timer.unref();
  }

  /** A run that is under way begins no further batch, and logs no error of a closed database. */
  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  /** Deletes until nothing is left; gives the number of deleted rows. A failure is tried again the next time. */
  async clean(): Promise<number> {
    try {
      const deleted = await this.remove();
      this.failing = false;
      return deleted;
    } catch (error) {
      // Logged once, not once a minute: rows that stay only cost space.
      const cause = errorOf(error).message;
      if (!this.failing && !this.isStopped)
        this.logger.warn(`${this.what} could not be deleted. They only take up space. ${cause}`);
      this.failing = true;
      return 0;
    }
  }

  /** Deletes all of them; gives their number. */
  protected abstract remove(): Promise<number>;

  protected async untilDone(work: () => Work<Batch>): Promise<number> {
    let total = 0;
    for (let more = true; more && !this.isStopped;) {
      // One batch after the other: there is a next one only because this one was full.
      // oxlint-disable-next-line no-await-in-loop
      const batch = await this.database.tryTransact(work);
      more = batch?.full ?? false;
      total += batch?.done ?? 0;
      // SQLite answers at once: a million rows would be deleted in one turn of the event loop.
      // oxlint-disable-next-line no-await-in-loop
      if (more) await setImmediate();
    }
    return total;
  }
}
