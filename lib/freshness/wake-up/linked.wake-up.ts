import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { LinkSession } from './link-session.js';
import type { OpenLink } from '../../database/link.js';
import { coalesced, type WakeUp } from './wake-up.js';

/** In milliseconds. A dead link is noticed within two heartbeats. */
const HEARTBEAT_MS = 2_000;
/** The first pause before reconnecting, in milliseconds; it doubles up to the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Hints over a connection that a heartbeat watches, and that is opened again when it is lost. */
export class LinkedWakeUp implements WakeUp {
  private readonly logger = new Logger('WakeUp');
  private readonly stopping = new AbortController();
  private session: LinkSession | undefined;
  private onHint: (() => void) | undefined;
  lastHintAt: number | undefined;
  private failing = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly open: OpenLink,
    private readonly heartbeatMs = HEARTBEAT_MS,
  ) {}

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
            // Hints may have been missed while the connection was down.
            this.wake();
            settled();
          },
          hint: () => {
            this.lastHintAt = Date.now();
            this.wake();
          },
        },
        this.heartbeatMs,
      );
      // One connection at a time.
      // oxlint-disable-next-line no-await-in-loop
      const reason = await this.session.ended;
      settled();
      if (signal.aborted) return;
      this.failed(reason);
      // With jitter: all processes of a deployment lose a server at the same moment.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(pause * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** Logs once, not at every attempt. */
  private failed(reason: string): void {
    if (!this.failing) {
      this.logger.warn(
        `Wake-ups are down, so revocations by other processes are seen at the next polling interval: ${reason}`,
      );
    }
    this.failing = true;
  }

  private recovered(): void {
    if (this.failing) this.logger.log('Wake-ups are back.');
    this.failing = false;
  }
}
