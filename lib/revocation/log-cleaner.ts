import { Logger } from '@nestjs/common';
import type { AuthDatabase } from '../schema/database.js';
import type { RevocationLog } from './revocation-log.js';

const BATCH = 500;
const EVERY_MS = 60_000;

/**
 * Deletes rows of the log that nobody can need any more, a batch at a time, so that no lock is held
 * for long. Every process tries; whoever finds another one at it leaves it to that one.
 */
export class LogCleaner {
  private readonly logger = new Logger('RevocationLog');
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(
    private readonly database: AuthDatabase,
    private readonly log: RevocationLog,
  ) {}

  start(): void {
    // Processes that started together should not all come at the same moment.
    const every = EVERY_MS * (0.75 + Math.random() / 2);
    this.timer = setInterval(() => void this.clean(), every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Deletes until nothing is left to delete; gives how many rows went. Failures wait for the next time. */
  async clean(): Promise<number> {
    let total = 0;
    try {
      for (let more = true; more;) {
        // Batch after batch: the next one is there because this one was full.
        // oxlint-disable-next-line no-await-in-loop
        const purged = await this.database.tryTransact(() => this.log.purge(BATCH));
        more = purged?.more ?? false;
        total += purged?.deleted ?? 0;
      }
      this.failing = false;
    } catch (error) {
      // Told once, not once a minute: rows that stay cost space and deny what is dead anyway.
      if (!this.failing) this.logger.warn(`Expired rows could not be deleted: ${nameOf(error)}`);
      this.failing = true;
    }
    return total;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
