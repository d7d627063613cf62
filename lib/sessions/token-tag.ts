import { hasValidTag, type RefreshToken } from './refresh-token.js';

/** How long the key is not read again, however many tokens lack the mark. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Tells refresh tokens of this deployment from texts that somebody made up, without a look at the session:
 * who knows the id of one must not be able to keep its user waiting.
 *
 * The key is kept. It changes only when somebody deletes the deployment's row and a process makes it anew;
 * so a token without the mark has it read again, though not each.
 */
export class TokenTags {
  private key: string | undefined;
  private readAt = -Infinity;
  private reading: Promise<void> | undefined;

  constructor(private readonly read: () => Promise<string | undefined>) {}

  /** Whether the token has the mark; also where there is no key to tell by. */
  async mayBeOurs(token: RefreshToken): Promise<boolean> {
    if (this.key !== undefined && hasValidTag(token, this.key)) return true;
    if (performance.now() - this.readAt >= LOOK_AGAIN_MS) await this.look();
    return this.key === undefined || hasValidTag(token, this.key);
  }

  /** Whoever comes while it is read waits for the same answer. */
  private look(): Promise<void> {
    this.reading ??= this.read()
      .then((key) => {
        this.key = key;
        this.readAt = performance.now();
      })
      .finally(() => (this.reading = undefined));
    return this.reading;
  }
}
