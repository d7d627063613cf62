import { Logger } from '@nestjs/common';
import { within } from '../../schema/within.js';
import type { LogPage } from '../log/log-page.js';
import type { Lease } from './lease.js';
import type { LogView } from './log-view.js';

/** Where pages come from. */
export interface LogSource {
  /** One read of the log after `position`, as one autocommit statement on the primary. */
  read(position: number): Promise<LogPage>;
  /** Gives numbers to rows that were seen without one; losing to another process is fine. */
  number(ids: readonly string[]): Promise<void>;
}

export interface LogReaderOptions {
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
  private failing = false;
  private stopped = false;

  constructor(
    private readonly source: LogSource,
    private readonly view: LogView,
    private readonly lease: Lease,
    private readonly options: LogReaderOptions,
  ) {}

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
    // A read in flight may have begun before whatever the caller has just committed.
    if (this.reading !== undefined) {
      this.next ??= this.reading.catch(() => undefined).then(() => this.begin());
      return this.next;
    }
    return this.begin();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.reading?.catch(() => undefined);
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
        const began = this.lease.now();
        // Page after page: each begins where the one before ended.
        // oxlint-disable-next-line no-await-in-loop
        const page = await within(this.options.timeoutMs, this.source.read(this.view.position));
        const after = this.view.take(page);
        this.number(page);
        if (after === 'complete') {
          this.lease.renew(began);
          break;
        }
      }
      if (this.failing) this.logger.log('The revocation log can be read again.');
      this.failing = false;
    } catch (error) {
      // Told once and not at every interval. The lease runs out by itself, and decisions are strict.
      const said = error instanceof Error ? error.message : String(error);
      if (!this.failing) this.logger.warn(`The revocation log cannot be read: ${said}`);
      this.failing = true;
      throw error;
    }
  }

  private number({ unnumbered }: LogPage): void {
    if (unnumbered.length === 0) return;
    // Not waited for: the rows are in force already. Whoever sees them next tries again.
    this.source.number(unnumbered.map(({ id }) => id)).catch(() => undefined);
  }
}
