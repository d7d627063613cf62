import type { DeploymentKey } from '../decision/auth-state.js';
import { hasValidTag, type RefreshToken } from './refresh-token.js';

/** The shortest time between two reads of the key, in milliseconds, however many tokens have a wrong tag. */
const READ_AGAIN_MS = 1_000;

/**
 * Tells refresh tokens of this deployment from invented ones without a look at the session: somebody who only
 * knows a session's id must not be able to keep its user waiting.
 *
 * The key is kept in memory. It changes only when somebody deletes the deployment's row and a process makes a
 * new one. So a token with a wrong tag makes this class read the key again, but not more than once a second.
 */
export class TokenTags {
  private key: DeploymentKey | undefined;
  private readAt = -Infinity;
  private reading: Promise<void> | undefined;

  constructor(private readonly readKey: () => Promise<DeploymentKey | undefined>) {}

  /** Whether the tag is valid; also `true` when there is no key to check it with. */
  async mayBeValid(token: RefreshToken): Promise<boolean> {
    if (this.key !== undefined && hasValidTag(token, this.key)) return true;
    if (performance.now() - this.readAt >= READ_AGAIN_MS) await this.readAgain();
    return this.key === undefined || hasValidTag(token, this.key);
  }

  /** Calls during a read share its result. */
  private readAgain(): Promise<void> {
    this.reading ??= this.readKey()
      .then((key) => {
        this.key = key;
        this.readAt = performance.now();
      })
      .finally(() => (this.reading = undefined));
    return this.reading;
  }
}
