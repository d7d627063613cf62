import { KeyRingError } from '../../errors/auth.errors.js';
import { errorOf } from '../../errors/error-of.js';
import { Logger } from '@nestjs/common';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import type { AuthEvents } from '../../events/auth-events.js';
import { withTimeout } from '../../database/with-timeout.js';
import type { KeyRing } from './key-ring.js';
import type { KeyMaterial } from './signature.js';
import type { KeySource } from './key-source.js';
/** Milliseconds before tokens with an unknown key may make the source load again. */
const PAUSE_MS = 10_000;

/**
 * Loads the keys again: at an interval, when the application asks for it, and when a token names a key that
 * the ring does not have. A failure leaves the ring as it is.
 */
export class KeyRefresh {
  private readonly logger = new Logger('Keys');
  private loading: Promise<void> | undefined;
  private asked = -Infinity;
  private failing = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: {
      readonly ring: KeyRing;
      readonly source: KeySource;
      readonly events: AuthEvents;
      readonly everyMs: number;
      /** How long a request with an unknown key waits, in milliseconds. */
      readonly timeoutMs: number;
      /** A monotonic clock, in milliseconds. */
      readonly clock?: () => number;
    },
  ) {}

  /** Starts loading the keys at the interval, if they can change. */
  start(): void {
    if (!this.parts.source.canChange) return;
    // Spreads processes that started together, and is never longer than the interval.
    const every = this.parts.everyMs * (0.75 + Math.random() / 4);
    this.timer = setInterval(() => {
      // A source slower than the interval must not make loads queue up. load() reports a failure.
      if (this.loading === undefined) this.reload().catch(() => undefined);
    }, every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Loads the keys, if the source can give others. Every call gets keys that were requested after it.
   *
   * @throws KeyRingError the old keys stay in use
   */
  reload(): Promise<void> {
    // The options would give the first keys again, which replace() may have replaced.
    if (!this.parts.source.canChange) return Promise.resolve();
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
   * Loads the keys because of a token, at most once in a while: anybody can write a `kid`.
   *
   * @throws AuthUnavailableException when the source failed, so the key may exist
   */
  async forUnknownKey(): Promise<void> {
    if (!this.parts.source.canChange) return;
    const { timeoutMs, clock = () => performance.now() } = this.parts;
    const now = clock();
    if (now - this.asked >= PAUSE_MS) {
      this.asked = now;
      // load() reports a failure, even if no request waits any more.
      this.reload().catch(() => undefined);
    }
    try {
      // A source that hangs must not make requests pile up.
      await withTimeout(
        timeoutMs,
        this.loading ?? Promise.resolve(),
        'The keys were not loaded in time.',
      );
    } catch (cause) {
      throw new AuthUnavailableException(cause);
    }
    if (this.failing)
      throw new AuthUnavailableException(
        new KeyRingError(['They could not be loaded. See the log.']),
      );
  }

  /**
   * Replaces the keys with those that the application gives.
   *
   * @throws KeyRingError when the source would undo that at the next load
   */
  replace(keys: readonly KeyMaterial[]): void {
    if (this.parts.source.canChange) {
      throw new KeyRingError([
        'They come from a provider or from files, which would give the old ones again. Change them there and reload.',
      ]);
    }
    this.use(keys);
  }

  /** Puts other keys in use. Does nothing for the same ones. */
  private use(keys: readonly KeyMaterial[]): void {
    if (areSame(keys, this.parts.ring.keys)) return;
    this.parts.ring.replace(keys);
    const kids = keys.map(({ kid }) => kid);
    this.parts.events.emit({ type: 'keys_changed', at: new Date(), kids });
  }

  private async load(): Promise<void> {
    try {
      const keys = await this.parts.source.load();
      if (this.failing) this.logger.log('The keys can be loaded again.');
      this.failing = false;
      this.use(keys);
    } catch (error) {
      const said = errorOf(error).message;
      if (!this.failing) {
        this.logger.error(`The keys cannot be loaded. The old keys stay in use. ${said}`);
        this.parts.events.emit({ type: 'keys_failed', at: new Date() });
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
