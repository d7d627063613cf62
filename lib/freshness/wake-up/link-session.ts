import { errorOf } from '../../errors/error-of.js';
import { withTimeout } from '../../database/with-timeout.js';
import type { Link, OpenLink } from '../../database/link.js';

/** The heartbeat; any other message is a hint. */
const BEAT = 'beat';
const HINT = 'hint';

/**
 * One connection, from its opening to its loss.
 *
 * It counts as alive only while its own messages come back. Neither pg nor ioredis notices a network that drops every
 * packet: 90 s without an event were seen. And a pooler that hands the connection to other clients between
 * transactions answers, but delivers no messages.
 */
export class LinkSession {
  /** Resolves with the reason when the session has ended; never rejects. */
  readonly ended: Promise<string>;
  private resolveEnded: (reason: string) => void = () => undefined;
  private link: Link | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  private isUp = false;
  private heard = false;
  private hinting = false;
  private hintAgain = false;

  constructor(
    open: OpenLink,
    /** `up`: a published message has come back for the first time. */
    private readonly events: { up(): void; hint(): void },
    /** After this many milliseconds of silence a heartbeat is sent. It must come back within the same time. */
    private readonly heartbeatMs: number,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.expect('it could not connect in time');
    try {
      this.link = open({
        message: (text) => this.message(text),
        lost: (reason) => this.end(reason),
      });
      this.link.ready.then(() => this.beat(), this.failed);
    } catch (error) {
      this.failed(error);
    }
    // It may have been lost while it was opened.
    if (this.isOver) this.link?.close();
  }

  /** Sends a hint. One message is in flight and at most one more waits, however often this is called. */
  hint(): void {
    if (this.isOver || !this.isUp) return;
    this.hintAgain = this.hinting;
    if (!this.hinting) void this.publishHints();
  }

  /** Ends the session; the first reason counts. */
  end(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.link?.close();
    this.resolveEnded(reason);
  }

  private message(text: string): void {
    if (this.isOver) return;
    this.heard = true;
    if (!this.isUp) {
      this.isUp = true;
      this.events.up();
      this.watch();
    }
    if (text !== BEAT) this.events.hint();
  }

  /** Sends a heartbeat and expects it back; any other message counts too. */
  private beat(): void {
    if (this.isOver) return;
    this.heard = false;
    void this.publish(BEAT, this.isUp ? 'here' : 'elsewhere');
    this.expect(
      'published messages do not come back. A pooler in transaction mode, such as PgBouncer, delivers no notifications: connect past it',
    );
  }

  private expect(otherwise: string): void {
    this.after(this.heartbeatMs, () => {
      if (this.heard && this.isUp) this.watch();
      else this.end(otherwise);
    });
  }

  private watch(): void {
    this.heard = false;
    this.after(this.heartbeatMs, () => {
      if (this.heard) this.watch();
      else this.beat();
    });
  }

  private async publishHints(): Promise<void> {
    this.hinting = true;
    do {
      this.hintAgain = false;
      // One after the other.
      // oxlint-disable-next-line no-await-in-loop
      await this.publish(HINT);
    } while (this.hintAgain && !this.isOver);
    this.hinting = false;
  }

  private async publish(message: string, where: 'here' | 'elsewhere' = 'here'): Promise<void> {
    const { link } = this;
    try {
      const published =
        where === 'elsewhere' && link?.publishElsewhere !== undefined
          ? link.publishElsewhere(message)
          : link?.publish(message);
      await withTimeout(this.heartbeatMs, Promise.resolve(published), 'publishing took too long');
    } catch (error) {
      this.failed(error);
    }
  }

  private after(ms: number, action: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, ms);
    this.timer.unref();
  }

  private readonly failed = (error: unknown): void => {
    this.end(errorOf(error).message);
  };
}
