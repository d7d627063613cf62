import { errorOf } from '../../errors/error-of.js';
import { Logger } from '@nestjs/common';
import { withTimeout } from '../../database/with-timeout.js';
import type { LogPage } from '../../log/log-page.js';
import type { Memory } from './tracked.decider.js';

export interface LogSource {
  /** One read of the log after `position`, as one autocommit statement on the primary. */
  read(position: number): Promise<LogPage>;
  /** Numbers rows that were seen without a number; another process may do it first. */
  number(ids: readonly string[]): Promise<void>;
  /** Makes head and rows consistent again after somebody deleted or restored rows. */
  repair(): Promise<void>;
  /** Makes every process, also those that start later, trust no token from before now. */
  recordGap(): Promise<void>;
}

export interface LogReaderOptions {
  readonly read?: (page: LogPage) => void;
  /** Called with the last page of each read to the end. `false`: the page proves nothing, and trust ends. */
  readonly evidence?: (page: LogPage) => boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** After how many consecutive failures to write to the log they are reported. */
const MAX_FAILED_WRITES = 3;
const WRITES_FAIL =
  'The rows of the revocation log get no numbers, so every read returns them again. Grant this role SELECT, INSERT, UPDATE and DELETE on the tables auth_revocation and auth_log_head.';

/**
 * Reads the log: at an interval, and at once on a hint. One read is in flight and at most one more waits, so very
 * many hints cost no more than reading without a pause.
 */
export class LogReader {
  private readonly logger = new Logger('RevocationLog');
  private reading: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failure: string | undefined;
  private failedWrites = 0;
  /** Whether this process found a log rewind that it has not reported to the others. */
  private isUnreported = false;
  private stopped = false;

  constructor(
    private readonly source: LogSource,
    private readonly memory: Memory,
    private readonly options: LogReaderOptions,
  ) {}

  /** Why the last read failed, and why rows get no numbers; empty when all is well. */
  get problems(): readonly string[] {
    return [
      ...(this.failure === undefined ? [] : [this.failure]),
      ...(this.failedWrites < MAX_FAILED_WRITES ? [] : [WRITES_FAIL]),
    ];
  }

  /** Reads the log to its end, and then keeps reading. Rejects when the first read fails. */
  async start(): Promise<void> {
    await this.readNow();
    this.timer = setInterval(() => this.hint(), this.options.intervalMs);
    this.timer.unref();
  }

  /** There may be new rows: reads the log. The hint itself says nothing about them. */
  hint(): void {
    if (!this.stopped) this.readNow().catch(() => undefined);
  }

  /** Resolves when a read that began after this call is applied; rejects when that read failed. */
  readNow(): Promise<void> {
    // A read that has not begun yet will see what the caller has just committed.
    if (this.next !== undefined) return this.next;
    if (this.reading === undefined) return this.begin();
    // The read in flight may have begun before that commit.
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
        // `began` is taken before the statement is sent: the statement may not see what commits later.
        const { view, lease, pending } = this.memory;
        const began = lease.now();
        const applied = pending.beginRead();
        // One page after the other: each begins where the last one ended.
        // oxlint-disable-next-line no-await-in-loop
        const page = await withTimeout(this.options.timeoutMs, this.source.read(view.position));
        const after = view.take(page);
        this.options.read?.(page);
        this.reportRewind();
        this.write(page);
        if (after === 'complete') {
          applied();
          if (this.options.evidence?.(page) ?? true) lease.renew(began, page.now);
          else lease.end();
          break;
        }
      }
      if (this.failure !== undefined) this.logger.log('The revocation log can be read again.');
      this.failure = undefined;
    } catch (error) {
      // Logged once, not at every interval. The lease expires by itself, and then decisions are strict.
      const isNew = this.failure === undefined;
      this.failure = `The revocation log cannot be read: ${errorOf(error).message}`;
      if (isNew) this.logger.warn(this.failure);
      throw error;
    }
  }

  /** Not awaited: this process no longer trusts older tokens. A failure is tried again with the next page. */
  private reportRewind(): void {
    this.isUnreported ||= this.memory.view.takeRewind();
    if (!this.isUnreported) return;
    this.isUnreported = false;
    this.source.recordGap().catch(() => (this.isUnreported = true));
  }

  /** Numbers rows, or repairs the log. Not awaited: the rows are in force already, and the next read tries again. */
  private write({ unnumbered, isFlooded, head, headRow, numbered }: LogPage): void {
    // A number and the head that counts it are committed together, and seen together.
    const isConsistent = headRow !== null && (numbered.at(-1)?.seq ?? 0) <= head;
    if (unnumbered.length === 0 && isConsistent) {
      // Another process may have written. Until the next revocation there is nothing to write.
      this.failedWrites = 0;
      return;
    }
    const writing =
      unnumbered.length > 0
        ? this.source.number(unnumbered.map(({ id }) => id))
        : this.source.repair();
    writing.then(
      () => {
        this.failedWrites = 0;
        // The sooner all rows are numbered, the sooner memory can be used again.
        if (isFlooded) this.hint();
      },
      (error: unknown) => {
        // A single failure may be a lock, or a lost database, which the next read will report.
        if (++this.failedWrites === MAX_FAILED_WRITES) {
          this.logger.warn(`${WRITES_FAIL} The database said: ${errorOf(error).message}`);
        }
      },
    );
  }
}
