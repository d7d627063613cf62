import { Logger } from '@nestjs/common';

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
  private found: readonly string[] = [];
  private gap = false;

  /**
   * @param look what nothing watches, a text each with the fix
   * @param restored keeps for processes that start later that the log has a gap until now
   */
  constructor(
    private readonly look: () => Promise<readonly string[]>,
    private readonly restored: () => Promise<void>,
  ) {}

  /** What is wrong, as of the last look; empty: the log tells everything. */
  get problems(): readonly string[] {
    return this.found;
  }

  /** Looks at once, and then again and again. Rejects when the database cannot tell. */
  async start(): Promise<void> {
    this.found = await this.look();
    this.schedule();
  }

  /**
   * Whether something was missing and is there again, since the last call. What changed meanwhile is
   * told by no row: who hears this must believe nothing that is older.
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
    this.timer = setTimeout(() => void this.again(), this.found.length > 0 ? AGAIN_MS : EVERY_MS);
    this.timer.unref();
  }

  /** Whoever changed a watched row while nothing watched has ended: making a trigger waits for writers. */
  private async lookAgain(): Promise<readonly string[]> {
    const found = await this.look();
    if (found.length === 0 && this.found.length > 0) await this.restored();
    return found;
  }

  private async again(): Promise<void> {
    // Where it cannot be known it is taken for missing: the tail then finds out whether there is a
    // database at all.
    const found = await this.lookAgain().catch((error: unknown) => [
      `The triggers cannot be looked at: ${error instanceof Error ? error.message : String(error)}`,
    ]);
    if (found.length > 0 && this.found.length === 0) {
      this.logger.warn(`Decisions are strict until this is put right:\n${found.join('\n')}`);
    }
    if (found.length === 0 && this.found.length > 0) {
      this.gap = true;
      this.logger.log('The triggers are in place again.');
    }
    this.found = found;
    this.schedule();
  }
}
