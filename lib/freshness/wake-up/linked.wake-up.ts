import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { coalesced } from './coalesced.js';
import { LinkSession } from './link-session.js';
import type { OpenLink } from './link.js';
import type { WakeUp } from './wake-up.js';

/** By default a link that is dead is noticed within two of these, in milliseconds. */
const HEARTBEAT_MS = 2_000;
/** The first pause before connecting anew in milliseconds; it doubles up to the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Hints over a connection that is kept up: watched by a heartbeat, and made anew when it is lost. */
export class LinkedWakeUp implements WakeUp {
  private readonly logger = new Logger('WakeUp');
  private readonly stopping = new AbortController();
  private session: LinkSession | undefined;
  private onHint: (() => void) | undefined;
  private hintedAt: number | undefined;
  private failing = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly open: OpenLink,
    private readonly heartbeatMs = HEARTBEAT_MS,
  ) {}

  get lastHintAt(): number | undefined {
    return this.hintedAt;
  }

  start(onHint: () => void): Promise<void> {
    this.onHint = onHint;
    return new Promise((settled) => {
      this.running = this.keepUp(settled);
    });
  }

  hint(): void {
    this.session?.hint();
  }

  async stop(): Promise<void> {
    this.onHint = undefined;
    this.stopping.abort();
    this.session?.end('stopped');
    await this.running;
  }

  private readonly wake = coalesced(() => this.onHint?.());

  private async keepUp(settled: () => void): Promise<void> {
    const { signal } = this.stopping;
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      this.session = new LinkSession(
        this.open,
        {
          up: () => {
            pause = FIRST_PAUSE;
            this.recovered();
            // Hints may have gone by while nobody listened.
            this.wake();
            settled();
          },
          hint: () => {
            this.hintedAt = Date.now();
            this.wake();
          },
        },
        this.heartbeatMs,
      );
      // One connection after the other.
      // oxlint-disable-next-line no-await-in-loop
      const reason = await this.session.ended;
      settled();
      if (signal.aborted) return;
      this.failed(reason);
      // With jitter: the processes of a deployment lose a server at the same moment.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(pause * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** Told once and not at every attempt. */
  private failed(reason: string): void {
    if (!this.failing) {
      this.logger.warn(
        `Wake-ups are down, and other processes' revocations are seen at the next interval: ${reason}`,
      );
    }
    this.failing = true;
  }

  private recovered(): void {
    if (this.failing) this.logger.log('Wake-ups are back.');
    this.failing = false;
  }
}
