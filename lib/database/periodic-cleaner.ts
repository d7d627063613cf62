import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { AuthDatabase, Work } from './database.js';

const EVERY_MS = 60_000;

/** What came of a batch. */
export interface Batch {
  readonly done: number;
  /** Whether there may be more. */
  readonly full: boolean;
}

/**
 * Deletes what nobody can need any more, a batch at a time, so that no lock is held for long. Every
 * process does it, about once a minute; what two of them find at once is done once.
 */
export abstract class PeriodicCleaner {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private failing = false;
  private isStopped = false;

  /** @param what is deleted, in the words of the log */
  protected constructor(
    protected readonly database: AuthDatabase,
    context: string,
    private readonly what: string,
  ) {
    this.logger = new Logger(context);
  }

  start(): void {
    // Processes that started together should not all come at the same moment.
    const every = EVERY_MS * (0.75 + Math.random() / 2);
    this.timer = setInterval(() => void this.clean(), every);
    this.timer.unref();
  }

  /** One that is at it does not begin another batch, and says nothing of a database that is closed. */
  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  /** Works until nothing is left; gives how many rows it deleted. Failures wait for the next time. */
  async clean(): Promise<number> {
    try {
      const deleted = await this.remove();
      this.failing = false;
      return deleted;
    } catch (error) {
      // Told once, not once a minute: rows that stay cost space, and give nobody anything.
      const said = error instanceof Error ? error.message : String(error);
      if (!this.failing && !this.isStopped)
        this.logger.warn(`${this.what} could not be deleted: ${said}`);
      this.failing = true;
      return 0;
    }
  }

  /** Deletes all of it; gives how many rows those were. */
  protected abstract remove(): Promise<number>;

  protected async untilDone(work: () => Work<Batch>): Promise<number> {
    let total = 0;
    for (let more = true; more && !this.isStopped;) {
      // Batch after batch: the next one is there because this one was full.
      // oxlint-disable-next-line no-await-in-loop
      const batch = await this.database.tryTransact(work);
      more = batch?.full ?? false;
      total += batch?.done ?? 0;
      // SQLite answers at once: a million rows would be worked off in one turn of the event loop.
      // oxlint-disable-next-line no-await-in-loop
      if (more) await setImmediate();
    }
    return total;
  }
}
