import { orUnavailable } from '../errors/or-unavailable.js';
import type { AuthDatabase } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';
import { TokenTags } from './token-tag.js';
import { readWork } from './read-work.js';
import type { RefreshToken } from './refresh-token.js';
import { foreign, type Refreshed, type Reused, type Rotation } from './rotation.js';
import type { SessionReport } from './session-report.js';
import type { SessionTable } from './session-table.js';
import { KeyedMutex } from './keyed-mutex.js';
import type { ClientInfo } from './client-info.js';

/** What it is made of. */
export interface RefreshGateParts {
  readonly database: AuthDatabase;
  readonly table: SessionTable;
  readonly rotation: Rotation;
  readonly report: SessionReport;
  readonly timeoutMs: number;
}

/**
 * Brings refresh tokens to their rotation: those of this deployment alone, the uses of one session one
 * after the other, and none for which nobody waits any more.
 */
export class RefreshGate {
  private readonly turnstile = new KeyedMutex();
  private readonly marks: TokenTags;

  constructor(private readonly parts: RefreshGateParts) {
    this.marks = new TokenTags(() => readWork(parts, parts.table.markKey()));
  }

  /** @throws AuthUnavailableException (503) it cannot be known now; see {@link Rotation} */
  redeem(token: RefreshToken, whence: ClientInfo): Promise<Refreshed> {
    const { timeoutMs } = this.parts;
    const deadline = performance.now() + timeoutMs;
    return orUnavailable(async () => {
      // Before the session's turn, and its lock.
      if (!(await this.marks.mayBeOurs(token))) return foreign();
      return this.turnstile.pass(token.sessionId, () => {
        const left = deadline - performance.now();
        // Whoever asked has given up, and would get nothing of it.
        if (left <= 0) throw new Error('The database did not answer in time.');
        let awaited = true;
        return withTimeout(
          left,
          this.attempt(token, whence, () => awaited),
        ).catch((error: unknown) => {
          awaited = false;
          throw error;
        });
      });
    });
  }

  /**
   * That a used token came back is true whatever becomes of the transaction that found it, and would
   * never be told if its answer were waited for: the next to come finds a session that has ended.
   */
  private attempt(
    token: RefreshToken,
    whence: ClientInfo,
    isAwaited: () => boolean,
  ): Promise<Refreshed> {
    const { database, rotation, report } = this.parts;
    let found: Reused | undefined;
    const transaction = database.transact(() => {
      // Begun anew, it counts with what it finds then.
      found = undefined;
      return rotation.redeem(token, whence, isAwaited, (reused) => {
        found = reused;
      });
    });
    return transaction.finally(() => {
      if (found !== undefined) report.reused(found, whence);
    });
  }
}
