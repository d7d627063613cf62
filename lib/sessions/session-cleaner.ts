import { Logger } from '@nestjs/common';
import { chunks } from '../freshness/log/log-table.js';
import type { AuthDatabase, Work } from '../schema/database.js';
import type { SessionSettings } from './session-settings.js';
import type { SessionTable } from './session-table.js';

const BATCH = 500;
const EVERY_MS = 60_000;

/**
 * Deletes sessions that have ended long ago, and forgets sealed refresh tokens whose leeway is over,
 * a batch at a time, so that no lock is held for long. Every process does it; what two of them find
 * at once is done once.
 */
export class SessionCleaner {
  private readonly logger = new Logger('Sessions');
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(
    private readonly database: AuthDatabase,
    private readonly table: SessionTable,
    private readonly settings: Pick<SessionSettings, 'retentionMs'>,
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

  /** Works until nothing is left; gives how many sessions it deleted. Failures wait for the next time. */
  async clean(): Promise<number> {
    try {
      await this.untilDone(() => this.forget());
      const deleted = await this.untilDone(() => this.remove());
      this.failing = false;
      return deleted;
    } catch (error) {
      // Told once, not once a minute: rows that stay cost space, and nobody can use them.
      const said = error instanceof Error ? error.message : String(error);
      if (!this.failing) this.logger.warn(`Ended sessions could not be deleted: ${said}`);
      this.failing = true;
      return 0;
    }
  }

  private async untilDone(work: () => Work<Batch>): Promise<number> {
    let total = 0;
    for (let more = true; more;) {
      // Batch after batch: the next one is there because this one was full.
      // oxlint-disable-next-line no-await-in-loop
      const batch = await this.database.tryTransact(work);
      more = batch?.full ?? false;
      total += batch?.done ?? 0;
    }
    return total;
  }

  private *remove(): Work<Batch> {
    const ids = yield* this.table.endedBefore(this.settings.retentionMs, BATCH);
    let done = 0;
    for (const chunk of chunks(ids, this.database.dialect.keysPerDelete)) {
      done += yield* this.table.remove(chunk);
    }
    // Where somebody else deletes the same, it is for that one to go on.
    return { done, full: ids.length === BATCH && done > 0 };
  }

  private *forget(): Work<Batch> {
    const ids = yield* this.table.stillSealed(BATCH);
    let done = 0;
    for (const id of ids) done += yield* this.table.forgetSealed(id);
    return { done, full: ids.length === BATCH && done > 0 };
  }
}

interface Batch {
  readonly done: number;
  /** Whether there may be more. */
  readonly full: boolean;
}
