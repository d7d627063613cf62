import { errorOf } from '../../errors/error-of.js';
import { Logger } from '@nestjs/common';
import type { Coverage } from '../../log/triggers/coverage.js';

/** How often the triggers are checked, and how soon again after a problem, in milliseconds. */
const INTERVAL_MS = 10_000;
const RETRY_MS = 1_000;

/**
 * Checks at intervals that the triggers of the log exist. A table that is rebuilt loses its triggers without notice,
 * and its changes are no longer logged.
 */
export class TriggerWatch {
  private readonly logger = new Logger('RevocationLog');
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  /** The result of the last check that was answered. */
  private seen: Coverage = { problems: [], made: '' };
  /** Why the last check was not answered; `undefined` if it was. */
  private failure: string | undefined;
  private gap = false;

  /**
   * @param look checks what is not watched, and which triggers exist
   * @param restored records that the log has a gap until now, for processes that start later
   */
  constructor(
    private readonly look: () => Promise<Coverage>,
    private readonly restored: () => Promise<void>,
  ) {}

  /** What is wrong, as of the last check; empty means that the log reports every change. */
  get problems(): readonly string[] {
    return this.failure === undefined ? this.seen.problems : [this.failure];
  }

  /** Checks at once, and then at intervals. Rejects when the database does not answer. */
  async start(): Promise<void> {
    this.seen = await this.look();
    this.schedule();
  }

  /**
   * Whether a trigger was restored since the last call, or was created again and so may have been missing in between.
   * No row reports the changes in that gap, so the caller must not trust anything older.
   */
  takeGap(): boolean {
    const { gap } = this;
    this.gap = false;
    return gap;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(
      () => void this.again(),
      this.problems.length > 0 ? RETRY_MS : INTERVAL_MS,
    );
    this.timer.unref();
  }

  /**
   * A check that was not answered proves no gap: if the triggers are the same as at the last answer, they
   * have reported everything since. Otherwise each restart of a database would clear every memory.
   */
  private endsGap({ problems, made }: Coverage): boolean {
    return problems.length === 0 && (this.seen.problems.length > 0 || made !== this.seen.made);
  }

  private async again(): Promise<void> {
    const wasWell = this.problems.length === 0;
    try {
      const found = await this.look();
      if (this.endsGap(found)) {
        // Transactions that changed rows in the gap have ended by now, because CREATE TRIGGER waits for them.
        await this.restored();
        this.gap = true;
      }
      this.seen = found;
      this.failure = undefined;
    } catch (error) {
      // Nothing is trusted while the answer is unknown.
      const said = errorOf(error).message;
      this.failure = `The triggers could not be checked: ${said}`;
    }
    const { problems } = this;
    if (problems.length > 0 && wasWell) {
      this.logger.warn(`Decisions are strict until this is fixed:\n${problems.join('\n')}`);
    }
    if (problems.length === 0 && (!wasWell || this.gap)) {
      this.logger.log('The triggers are in place again.');
    }
    this.schedule();
  }
}
