import type { AuthDatabase, Work } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';
import { RevocationError } from '../errors/auth.errors.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { AuthEvent } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { AfterCommit } from './after-commit.js';
import type { Concerned, Propagation } from './propagation.js';
import type { RevokeOptions } from './revoke-options.js';

/** What revocations are carried out with. */
export interface RevocationTransactionParts {
  readonly database: AuthDatabase;
  readonly afterCommit: AfterCommit;
  readonly events: AuthEvents;
  readonly timeoutMs: number;
  readonly propagation: Propagation;
}

/** Carries out revocations, in the caller's transaction or in one of its own. */
export class RevocationTransaction {
  constructor(private readonly parts: RevocationTransactionParts) {}

  /**
   * Does the work. After the commit it updates this process's memory, and tells the other processes and
   * the audit stream.
   *
   * @param work gives what the revocation concerns, as the log names it. Its argument tells whether the
   *   transaction is the caller's, which may see older state than is committed
   * @throws RevocationError as the work threw it; nothing was stored
   * @throws AuthUnavailableException when the database failed: assume that nothing was stored
   */
  async run(
    { manager, visibility }: Pick<RevokeOptions, 'manager' | 'visibility'>,
    work: (joined: boolean) => Work<Concerned | readonly Concerned[]>,
    event: () => AuthEvent | readonly AuthEvent[],
  ): Promise<void> {
    const { database, timeoutMs, propagation } = this.parts;
    // A manager that is in no transaction has nothing to join: its statements would be committed one
    // by one, and on SQLite on a connection that other requests share.
    const runner = manager?.queryRunner;
    const joined = runner?.isTransactionActive ? runner : undefined;
    if (joined !== undefined && visibility === 'everywhere') {
      throw new RevocationError(
        'invalid_argument',
        "visibility: 'everywhere' is not possible before the transaction is committed; call everywhere() after the commit. Nothing was revoked.",
      );
    }
    try {
      if (manager !== undefined && joined !== undefined) {
        const concerned = await database.join(manager, () => work(true));
        // From here on, which is before the caller can commit.
        for (const each of [concerned].flat()) propagation.pending(each, joined);
        this.parts.afterCommit.defer(joined, () => {
          propagation.hint();
          this.emit(event());
        });
        return;
      }
      // Without a deadline, a pool without a free connection would make the caller wait for ever. The
      // work may still be committed after the deadline: too much is revoked then, never too little.
      await withTimeout(
        timeoutMs,
        database.transact(() => work(false)),
      );
    } catch (cause) {
      if (cause instanceof RevocationError) throw cause;
      throw new AuthUnavailableException(cause);
    }
    await propagation.committed();
    this.emit(event());
    if (visibility === 'everywhere') await propagation.everywhere();
  }

  private emit(events: AuthEvent | readonly AuthEvent[]): void {
    for (const event of [events].flat()) this.parts.events.emit(event);
  }
}
