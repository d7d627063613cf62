import { AuthTimeoutError } from '../../errors/database.errors.js';
import type { AuthState, AuthStateReader, Lookup } from '../../decision/auth-state.js';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import type { Memory } from './tracked.decider.js';

/**
 * Strict reads in tracked mode. The state was read after the call. It is not older than the promised bound, and not
 * older than what memory knows. It is cached.
 *
 * An answer may arrive long after the database gave it: the network sent it again, or the process was stopped. By
 * then this process may have acknowledged a newer change, and others may rely on that. So each answer is checked.
 * The caller decides in the same turn of the event loop, before this process can acknowledge anything.
 */
export class CurrentReader implements AuthStateReader {
  /** @param timeoutMs how long the reads of one call may take together, in milliseconds */
  constructor(
    private readonly memory: Memory,
    private readonly reader: AuthStateReader,
    private readonly timeoutMs: number,
  ) {}

  async read(lookup: Lookup): Promise<AuthState> {
    const { view, lease } = this.memory;
    const asked = lease.now();
    for (;;) {
      const began = lease.now();
      if (began.monotonic - asked.monotonic > this.timeoutMs) {
        throw new AuthUnavailableException(
          new AuthTimeoutError(
            'The state changed each time it was read, or the answers came too late.',
          ),
        );
      }
      let keep = view.stateCache.beginRead(lookup);
      // While the read waits for its statement, pages of the log may be applied. They were read before the statement
      // is sent, so the statement sees all that they report. So only pages after this moment count. Otherwise no
      // answer would be good while pages arrive all the time.
      const sending = () => void (keep = view.stateCache.beginRead(lookup));
      // The next read begins only when this answer cannot be used.
      // oxlint-disable-next-line no-await-in-loop
      const state = await this.reader.read(lookup, sending);
      if (keep(state) && lease.reachesBackTo(began)) return state;
    }
  }
}
