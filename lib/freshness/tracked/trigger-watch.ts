import { Logger } from '@nestjs/common';
import type { Coverage } from '../../log/triggers/coverage.js';

/** How often the triggers are looked at, and how soon again where something was wrong, in milliseconds. */
const EVERY_MS = 10_000;
const AGAIN_MS = 1_000;

/**
 * Looks again and again whether the triggers are there that the log depends on. A table that is built
 * anew loses them without a word, and with them whatever changes from then on.
 */
export class TriggerWatch {
  private readonly logger = new Logger('RevocationLog');
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  /** What the last look showed that was answered. */
  private seen: Coverage = { problems: [], made: '' };
  /** Why the last look was not answered, where it was not. */
  private failure: string | undefined;
  private gap = false;

  /**
   * @param look what nothing watches, and which triggers there are
   * @param restored keeps for processes that start later that the log has a gap until now
   */
  constructor(
    private readonly look: () => Promise<Coverage>,
    private readonly restored: () => Promise<void>,
  ) {}

  /** What is wrong, as of the last look; empty: the log tells everything. */
  get problems(): readonly string[] {
    return this.failure === undefined ? this.seen.problems : [this.failure];
  }

  /** Looks at once, and then again and again. Rejects when the database cannot tell. */
  async start(): Promise<void> {
    this.seen = await this.look();
    this.schedule();
  }

  /**
   * Whether something was missing and is there again, since the last call, or was made anew, so that it
   * may have been missing. What changed meanwhile is told by no row: who hears this must believe nothing
   * that is older.
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
      this.problems.length > 0 ? AGAIN_MS : EVERY_MS,
    );
    this.timer.unref();
  }

  /** Whoever changed a watched row while nothing watched has ended: making a trigger waits for writers. */
  private async lookAgain(): Promise<Coverage> {
    const found = await this.look();
    if (this.endsGap(found)) await this.restored();
    return found;
  }

  /**
   * A look that was not answered proves no gap: triggers that are those of the last answer have told
   * everything since. Otherwise each restart of a database would have every process forget everything.
   */
  private endsGap({ problems, made }: Coverage): boolean {
    return problems.length === 0 && (this.seen.problems.length > 0 || made !== this.seen.made);
  }

  private async again(): Promise<void> {
    const wasWell = this.problems.length === 0;
    try {
      const found = await this.lookAgain();
      if (this.endsGap(found)) this.gap = true;
      this.seen = found;
      this.failure = undefined;
    } catch (error) {
      // Nothing is believed as long as it cannot be known.
      const said = error instanceof Error ? error.message : String(error);
      this.failure = `The triggers cannot be looked at: ${said}`;
    }
    const { problems } = this;
    if (problems.length > 0 && wasWell) {
      this.logger.warn(`Decisions are strict until this is put right:\n${problems.join('\n')}`);
    }
    if (problems.length === 0 && (!wasWell || this.gap)) {
      this.logger.log('The triggers are in place again.');
    }
    this.schedule();
  }
}
