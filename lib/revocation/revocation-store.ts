import type { EntityManager } from 'typeorm';
import { RevocationError } from '../errors/auth.errors.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { AuthEvent } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { AuthDatabase, Work } from '../schema/database.js';
import { within } from '../schema/within.js';
import type { AfterCommit } from './after-commit.js';

/** Carries out revocations, in the caller's transaction or one of the library's own. */
export class RevocationStore {
  constructor(
    private readonly database: AuthDatabase,
    private readonly afterCommit: AfterCommit,
    private readonly events: AuthEvents,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Does the work and tells of it once it is committed.
   *
   * @throws RevocationError as the work threw it; nothing was stored
   * @throws AuthUnavailableException when the database failed: it must be taken as not stored
   */
  async carryOut(
    manager: EntityManager | undefined,
    work: () => Work<void>,
    event: () => AuthEvent,
  ): Promise<void> {
    // A manager that is in no transaction has nothing to join: its statements would be committed one
    // by one, and on SQLite on a connection that other requests share.
    const runner = manager?.queryRunner;
    try {
      if (manager !== undefined && runner?.isTransactionActive) {
        await this.database.join(manager, work);
      } else {
        // Without a deadline, a pool that is used up would keep the caller waiting for ever. It may
        // still be carried out after it: too much is revoked then, never too little.
        await within(this.timeoutMs, this.database.transact(work));
      }
    } catch (cause) {
      if (cause instanceof RevocationError) throw cause;
      throw new AuthUnavailableException(cause);
    }
    const tell = () => this.events.emit(event());
    if (runner?.isTransactionActive) this.afterCommit.defer(runner, tell);
    else tell();
  }
}
