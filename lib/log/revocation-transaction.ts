import type { EntityManager } from 'typeorm';
import { RevocationError } from '../errors/auth.errors.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { AuthEvent } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { Concerned, Propagation } from './propagation.js';
import type { AuthDatabase, Work } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';
import type { AfterCommit } from './after-commit.js';

/** In whose transaction, and how far before the promise resolves. */
export interface Carrying {
  readonly manager?: EntityManager;
  readonly visibility?: 'process' | 'everywhere';
}

/** Carries out revocations, in the caller's transaction or one of the library's own. */
export class RevocationTransaction {
  constructor(
    private readonly database: AuthDatabase,
    private readonly afterCommit: AfterCommit,
    private readonly events: AuthEvents,
    private readonly timeoutMs: number,
    private readonly reach: Propagation,
  ) {}

  /**
   * Does the work and tells of it once it is committed: to this process's memory, to the other
   * processes, and to the audit stream.
   *
   * @param work gives what the revocation concerns, as the log names it; it is told whether the transaction
   * is the caller's, and may see older state than is committed
   * @throws RevocationError as the work threw it; nothing was stored
   * @throws AuthUnavailableException when the database failed: it must be taken as not stored
   */
  async run(
    { manager, visibility }: Carrying,
    work: (joined: boolean) => Work<Concerned | readonly Concerned[]>,
    event: () => AuthEvent | readonly AuthEvent[],
  ): Promise<void> {
    // A manager that is in no transaction has nothing to join: its statements would be committed one
    // by one, and on SQLite on a connection that other requests share.
    const runner = manager?.queryRunner;
    const joined = runner?.isTransactionActive ? runner : undefined;
    if (joined !== undefined && visibility === 'everywhere') {
      throw new RevocationError(
        'invalid_argument',
        "visibility: 'everywhere' cannot be waited for before the transaction is committed; call everywhere() after that. Nothing was revoked.",
      );
    }
    try {
      if (manager !== undefined && joined !== undefined) {
        const concerned = await this.database.join(manager, () => work(true));
        // From here on, which is before the caller can commit.
        for (const each of [concerned].flat()) this.reach.pending(each, joined);
        this.afterCommit.defer(joined, () => {
          this.reach.hint();
          this.tell(event());
        });
        return;
      }
      // Without a deadline, a pool that is used up would keep the caller waiting for ever. It may
      // still be carried out after it: too much is revoked then, never too little.
      await withTimeout(
        this.timeoutMs,
        this.database.transact(() => work(false)),
      );
    } catch (cause) {
      if (cause instanceof RevocationError) throw cause;
      throw new AuthUnavailableException(cause);
    }
    await this.reach.committed();
    this.tell(event());
    if (visibility === 'everywhere') await this.reach.everywhere();
  }

  private tell(events: AuthEvent | readonly AuthEvent[]): void {
    for (const event of [events].flat()) this.events.emit(event);
  }
}
