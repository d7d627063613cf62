import type { AuthState } from '../../decision/auth-state.js';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import type { AuthStateReader, Lookup } from '../../decision/auth-state-reader.js';
import type { Memory } from './tracked.decider.js';

/**
 * Reads state beside a memory that follows the log: what it gives was read after it was asked, is no
 * older than the bound, and is not older than what memory knows. It is kept for the next time.
 *
 * An answer may be here long after the database gave it: a network that sends again, a process that
 * was stopped. By then this process may have told others that it knows of a newer change, and they
 * may rely on it. Whoever asks decides in the same turn of the event loop, so before anything can be
 * told from here.
 */
export class CurrentReader implements AuthStateReader {
  /** @param timeoutMs how long one caller's reads may go on, in milliseconds */
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
          new Error('The state changed each time it was read, or the answers came too late.'),
        );
      }
      let keep = view.stateCache.beginRead(lookup);
      // A page of the log that was taken in while the read waited for its statement was read before that
      // is sent, and tells nothing that it does not see. In a flood there is a page at every moment.
      const sending = () => void (keep = view.stateCache.beginRead(lookup));
      // Each read begins where the one before was of no use.
      // oxlint-disable-next-line no-await-in-loop
      const state = await this.reader.read(lookup, sending);
      if (keep(state) && lease.reachesBackTo(began)) return state;
    }
  }
}
