import { Logger } from '@nestjs/common';
import { KeyRingError } from '../../errors/auth.errors.js';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import type { AuthEvents } from '../../events/auth-events.js';
import { withTimeout } from '../../database/with-timeout.js';
import type { KeyMaterial, KeySource } from './key-material.js';
import type { KeyRing } from './key-ring.js';

/** Between two times that a token with an unknown key makes the source be asked, in milliseconds. */
const PAUSE_MS = 10_000;

/** How often the source is asked, and how long anybody waits for it. All in milliseconds. */
export interface RefreshTimes {
  /** Between two times that the keys are loaded without anybody asking for it. */
  readonly everyMs: number;
  /** How long a request with an unknown key waits. */
  readonly patienceMs: number;
}

/**
 * Loads the keys anew: from time to time, when the application says so, and when a token names a key
 * that the ring does not have. Whatever fails leaves the ring as it is.
 */
export class KeyRefresh {
  private readonly logger = new Logger('Keys');
  private loading: Promise<void> | undefined;
  private asked = -Infinity;
  private failing = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ring: KeyRing,
    private readonly source: KeySource,
    private readonly events: AuthEvents,
    private readonly times: RefreshTimes,
    /** A clock that only goes forward, in milliseconds. */
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Loads the keys at their interval from here on, where they can change at all. */
  start(): void {
    if (!this.source.canChange) return;
    // Processes that started together should not all come at the same moment; and none comes later
    // than the interval says.
    const every = this.times.everyMs * (0.75 + Math.random() / 4);
    this.timer = setInterval(() => {
      // A source slower than the interval must not make loads queue up. A failure is told by the load.
      if (this.loading === undefined) this.reload().catch(() => undefined);
    }, every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Asks the source, where it may have others; it rejects with its own error. Of several calls at once, each gets keys that
   * were asked for after it.
   *
   * @throws KeyRingError the keys from before stay in use
   */
  reload(): Promise<void> {
    // The options give the same again, which other keys may have taken the place of.
    if (!this.source.canChange) return Promise.resolve();
    const loading = (this.loading ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.load())
      .finally(() => {
        if (this.loading === loading) this.loading = undefined;
      });
    this.loading = loading;
    return loading;
  }

  /**
   * Asks the source once on behalf of a token, and not again for a while: anybody can write a `kid`.
   *
   * @throws AuthUnavailableException when the source failed, so that whose key it is cannot be known
   */
  async forUnknownKey(): Promise<void> {
    if (!this.source.canChange) return;
    const now = this.clock();
    if (now - this.asked >= PAUSE_MS) {
      this.asked = now;
      // Handled by whoever waits for it, and told there: nobody may be waiting by then.
      this.reload().catch(() => undefined);
    }
    try {
      // A source that hangs must not make requests pile up.
      const { patienceMs } = this.times;
      await withTimeout(
        patienceMs,
        this.loading ?? Promise.resolve(),
        'The keys did not come in time.',
      );
    } catch (cause) {
      throw new AuthUnavailableException(cause);
    }
    if (this.failing) throw new AuthUnavailableException(new Error('The keys cannot be loaded.'));
  }

  /**
   * Puts keys in place that the application has at hand.
   *
   * @throws KeyRingError where the source would undo that at the next load
   */
  replace(keys: readonly KeyMaterial[]): void {
    if (this.source.canChange) {
      throw new KeyRingError([
        'They come from a provider or from files, which would give the old ones again; change them there, and reload.',
      ]);
    }
    this.use(keys);
  }

  /** Puts keys in place, unless they are those that are in use. */
  private use(keys: readonly KeyMaterial[]): void {
    if (areSame(keys, this.ring.keys)) return;
    this.ring.replace(keys);
    const kids = keys.map(({ kid }) => kid);
    this.events.emit({ type: 'keys_changed', at: new Date(), kids });
  }

  private async load(): Promise<void> {
    try {
      const keys = await this.source.load();
      if (this.failing) this.logger.log('The keys can be loaded again.');
      this.failing = false;
      this.use(keys);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (!this.failing) {
        this.logger.error(`The keys cannot be loaded; those from before stay in use. ${said}`);
        this.events.emit({ type: 'keys_failed', at: new Date() });
      }
      this.failing = true;
      throw error;
    }
  }
}

function areSame(some: readonly KeyMaterial[], others: readonly KeyMaterial[]): boolean {
  return (
    some.length === others.length &&
    some.every((key, index) => {
      const other = others[index];
      return (
        other?.kid === key.kid &&
        other.algorithm === key.algorithm &&
        (other.sign === undefined) === (key.sign === undefined) &&
        other.verify.equals(key.verify)
      );
    })
  );
}
