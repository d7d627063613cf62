import { Logger } from '@nestjs/common';
import { within } from '../../schema/within.js';
import type { LogPage } from '../log/log-page.js';
import type { Memory } from './tracked.decider.js';

/** Where pages come from. */
export interface LogSource {
  /** One read of the log after `position`, as one autocommit statement on the primary. */
  read(position: number): Promise<LogPage>;
  /** Gives numbers to rows that were seen without one; losing to another process is fine. */
  number(ids: readonly string[]): Promise<void>;
}

export interface LogReaderOptions {
  /** Told of every page. */
  readonly read?: (page: LogPage) => void;
  /** Asked about the last page of each read to the end; one that it calls no evidence is not trusted. */
  readonly evidence?: (page: LogPage) => boolean;
  /** How often the log is read without a hint, in milliseconds. */
  readonly intervalMs: number;
  /** How long one read may take before it is given up, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Reads the log: at an interval, and at once on a hint. One read is in flight and one more waits, so
 * that a flood of hints costs no more than reading without a pause.
 */
export class LogReader {
  private readonly logger = new Logger('RevocationLog');
  private reading: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failure: string | undefined;
  private stopped = false;

  constructor(
    private readonly source: LogSource,
    private readonly memory: Memory,
    private readonly options: LogReaderOptions,
  ) {}

  /** Why the last read failed, if it did. */
  get problems(): readonly string[] {
    return this.failure === undefined ? [] : [this.failure];
  }

  /** Reads the log to its end, and then keeps reading. Rejects when the first read fails. */
  async start(): Promise<void> {
    await this.readNow();
    this.timer = setInterval(() => this.hint(), this.options.intervalMs);
    this.timer.unref();
  }

  /** Something may have happened. The hint says nothing; the log does. */
  hint(): void {
    if (!this.stopped) this.readNow().catch(() => undefined);
  }

  /** Resolves once a read that began after this call is taken in; rejects when it failed. */
  readNow(): Promise<void> {
    // One that has not begun yet sees whatever the caller has just committed.
    if (this.next !== undefined) return this.next;
    if (this.reading === undefined) return this.begin();
    // The one in flight may have begun before that.
    this.next = this.reading.catch(() => undefined).then(() => this.begin());
    return this.next;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await (this.next ?? this.reading)?.catch(() => undefined);
  }

  private begin(): Promise<void> {
    this.next = undefined;
    const reading = this.readToEnd().finally(() => {
      if (this.reading === reading) this.reading = undefined;
    });
    this.reading = reading;
    return reading;
  }

  private async readToEnd(): Promise<void> {
    try {
      for (;;) {
        // Before the statement is sent: what commits after this instant it may not see.
        const { view, lease, holds } = this.memory;
        const began = lease.now();
        const takenIn = holds.reading();
        // Page after page: each begins where the one before ended.
        // oxlint-disable-next-line no-await-in-loop
        const page = await within(this.options.timeoutMs, this.source.read(view.position));
        const after = view.take(page);
        this.options.read?.(page);
        this.number(page);
        if (after === 'complete') {
          takenIn();
          if (this.options.evidence?.(page) ?? true) lease.renew(began, page.now);
          break;
        }
      }
      if (this.failure !== undefined) this.logger.log('The revocation log can be read again.');
      this.failure = undefined;
    } catch (error) {
      // Told once and not at every interval. The lease runs out by itself, and decisions are strict.
      const said = error instanceof Error ? error.message : String(error);
      const told = this.failure !== undefined;
      this.failure = `The revocation log cannot be read: ${said}`;
      if (!told) this.logger.warn(this.failure);
      throw error;
    }
  }

  private number({ unnumbered }: LogPage): void {
    if (unnumbered.length === 0) return;
    // Not waited for: the rows are in force already. Whoever sees them next tries again.
    this.source.number(unnumbered.map(({ id }) => id)).catch(() => undefined);
  }
}
