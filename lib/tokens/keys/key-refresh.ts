import { Logger } from '@nestjs/common';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import type { AuthEvents } from '../../events/auth-events.js';
import type { KeyMaterial, KeySource } from './key-material.js';
import type { KeyRing } from './key-ring.js';

/** Between two times that a token with an unknown key makes the source be asked, in milliseconds. */
const PAUSE_MS = 10_000;

/**
 * Loads the keys anew: when the application says so, and when a token names a key that the ring does
 * not have. Whatever fails leaves the ring as it is.
 */
export class KeyRefresh {
  private readonly logger = new Logger('Keys');
  private loading: Promise<void> | undefined;
  private asked = -Infinity;
  private failing = false;

  constructor(
    private readonly ring: KeyRing,
    private readonly source: KeySource,
    private readonly events: AuthEvents,
    /** A clock that only goes forward, in milliseconds. */
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /**
   * Asks the source, which rejects with its own error. Of several calls at once, each gets keys that
   * were asked for after it.
   *
   * @throws KeyRingError the keys from before stay in use
   */
  reload(): Promise<void> {
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
      await this.loading;
    } catch (cause) {
      throw new AuthUnavailableException(cause);
    }
    if (this.failing) throw new AuthUnavailableException(new Error('The keys cannot be loaded.'));
  }

  /** Puts keys in place, unless they are those that are in use. */
  use(keys: readonly KeyMaterial[]): void {
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
