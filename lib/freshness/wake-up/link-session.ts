import { withTimeout } from '../../database/with-timeout.js';
import type { Link, OpenLink } from './link.js';

/** A sign of life; anything else that is heard is a hint. */
const BEAT = 'beat';
const HINT = 'hint';

export interface SessionEvents {
  /** Something that was published has come back, for the first time. */
  up(): void;
  hint(): void;
}

/**
 * One connection from its making to its loss.
 *
 * It is taken for alive only while something comes back over it. Neither pg nor ioredis notices a
 * link that swallows everything: 90 s without an event were seen. A pooler that hands the connection
 * to others between transactions also answers, and delivers nothing.
 */
export class LinkSession {
  /** Resolves with the reason once it is over; never rejects. */
  readonly ended: Promise<string>;
  private resolveEnded: (reason: string) => void = () => undefined;
  private link: Link | undefined;
  private timer: NodeJS.Timeout | undefined;
  private over = false;
  private isUp = false;
  /** Whether something was heard since the last look. */
  private heard = false;
  private hinting = false;
  private hintAgain = false;

  constructor(
    open: OpenLink,
    private readonly events: SessionEvents,
    /**
     * After a silence of so many milliseconds something is said, which everybody hears; and so long
     * may an answer take.
     */
    private readonly heartbeatMs: number,
  ) {
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
    this.expect('it could not be connected in time');
    try {
      this.link = open({
        message: (text) => this.message(text),
        lost: (reason) => this.end(reason),
      });
      this.link.ready.then(() => this.beat(), this.failed);
    } catch (error) {
      this.failed(error);
    }
    // It may have been lost while it was made.
    if (this.over) this.link?.close();
  }

  /** Tells everybody. One message is on its way and one more waits, however often this is called. */
  hint(): void {
    if (this.over || !this.isUp) return;
    this.hintAgain = this.hinting;
    if (!this.hinting) void this.publishHints();
  }

  /** Ends it; the first reason counts. */
  end(reason: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.link?.close();
    this.resolveEnded(reason);
  }

  private message(text: string): void {
    if (this.over) return;
    this.heard = true;
    if (!this.isUp) {
      this.isUp = true;
      this.events.up();
      this.lookAfter();
    }
    if (text !== BEAT) this.events.hint();
  }

  /** Says something and expects to hear it, or anything else. */
  private beat(): void {
    if (this.over) return;
    this.heard = false;
    void this.publish(BEAT, this.isUp ? 'here' : 'elsewhere');
    this.expect(
      'nothing comes back of what is published; a pooler in transaction mode, such as PgBouncer, delivers no notifications: connect past it',
    );
  }

  private expect(otherwise: string): void {
    this.after(this.heartbeatMs, () => {
      if (this.heard && this.isUp) this.lookAfter();
      else this.end(otherwise);
    });
  }

  private lookAfter(): void {
    this.heard = false;
    this.after(this.heartbeatMs, () => {
      if (this.heard) this.lookAfter();
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
    } while (this.hintAgain && !this.over);
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
    this.end(error instanceof Error ? error.message : String(error));
  };
}
