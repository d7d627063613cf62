import { Logger } from '@nestjs/common';
import { withTimeout } from '../../database/with-timeout.js';
import type { LogPage } from '../../log/log-page.js';
import type { Memory } from './tracked.decider.js';

/** Where pages come from. */
export interface LogSource {
  /** One read of the log after `position`, as one autocommit statement on the primary. */
  read(position: number): Promise<LogPage>;
  /** Gives numbers to rows that were seen without one; losing to another process is fine. */
  number(ids: readonly string[]): Promise<void>;
  /** Puts head and rows together again after somebody took some of them away. */
  repair(): Promise<void>;
  /** Has every process, and those that start later, believe no token from before now. */
  recordGap(): Promise<void>;
}

export interface LogReaderOptions {
  /** Told of every page. */
  readonly read?: (page: LogPage) => void;
  /** Asked about the last page of each read to the end; one that it calls no evidence ends the trust. */
  readonly evidence?: (page: LogPage) => boolean;
  /** How often the log is read without a hint, in milliseconds. */
  readonly intervalMs: number;
  /** How long one read may take before it is given up, in milliseconds. */
  readonly timeoutMs: number;
}

/** Failures to write to the log, one after the other, that are told. */
const PATIENCE = 3;
const UNWRITTEN =
  'The rows of the revocation log get no numbers, so that each read finds them again; the tables auth_revocation and auth_log_head need SELECT, INSERT, UPDATE and DELETE.';

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
  /** How often in a row the log could be read and not be written. */
  private failedWrites = 0;
  /** Whether rows are gone that were read here, which the others are still to be told. */
  private isUnreported = false;
  private stopped = false;

  constructor(
    private readonly source: LogSource,
    private readonly memory: Memory,
    private readonly options: LogReaderOptions,
  ) {}

  /** Why the last read failed, if it did, and why rows get no numbers, if that goes on. */
  get problems(): readonly string[] {
    return [
      ...(this.failure === undefined ? [] : [this.failure]),
      ...(this.failedWrites < PATIENCE ? [] : [UNWRITTEN]),
    ];
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
        const { view, lease, pending } = this.memory;
        const began = lease.now();
        const takenIn = pending.beginRead();
        // Page after page: each begins where the one before ended.
        // oxlint-disable-next-line no-await-in-loop
        const page = await withTimeout(this.options.timeoutMs, this.source.read(view.position));
        const after = view.take(page);
        this.options.read?.(page);
        this.reportRewind();
        this.number(page);
        if (after === 'complete') {
          takenIn();
          if (this.options.evidence?.(page) ?? true) lease.renew(began, page.now);
          else lease.end();
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

  /** Not waited for: this process believes nothing from before already. What fails is tried with the next page. */
  private reportRewind(): void {
    this.isUnreported ||= this.memory.view.takeRewind();
    if (!this.isUnreported) return;
    this.isUnreported = false;
    this.source.recordGap().catch(() => (this.isUnreported = true));
  }

  /** Not waited for: the rows are in force already. Whoever sees them next tries again. */
  private number({ unnumbered, isFlooded, head, headRow, numbered }: LogPage): void {
    // A number and the head that counts it are committed together, and seen together.
    const fits = headRow !== null && (numbered.at(-1)?.seq ?? 0) <= head;
    if (unnumbered.length === 0 && fits) {
      // Whoever wrote it. Before the next revocation there is nothing that could be tried again.
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
        // The sooner the flood has its numbers, the sooner tokens speak for themselves again.
        if (isFlooded) this.hint();
      },
      (error: unknown) => {
        // Once may be a lock, or the database gone, which the next read will tell.
        if (++this.failedWrites === PATIENCE) {
          this.logger.warn(
            `${UNWRITTEN} ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      },
    );
  }
}
