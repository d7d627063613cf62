import { AuthDatabaseError, AuthTimeoutError } from '../errors/database.errors.js';
import { errorOf } from '../errors/error-of.js';
import type { AuthState, AuthStateReader, Lookup } from '../decision/auth-state.js';
import type { AuthDatabase } from '../database/database.js';
import { refuseReplica } from '../database/faults.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { StateAnswer, StateQuery } from './state-query.js';

interface Request {
  readonly lookup: Lookup;
  readonly sending: (() => void) | undefined;
  readonly settle: (answer: StateAnswer) => void;
  expired: boolean;
}

/** The most batches in flight. More than one is in flight only while the earlier ones are slow. */
const MAX_IN_FLIGHT = 4;

/**
 * Strict freshness: state is read after the request arrived.
 *
 * Requests that wait at the same moment share one statement. While a batch is in flight, new requests gather in the
 * next batch. It is sent when the batch in flight is answered, or has taken a quarter of the timeout: a slow
 * statement must not block the others. A request only joins a statement that is sent after the request was made, so
 * its state is read after that.
 */
export class StrictReader implements AuthStateReader {
  private waiting: Request[] = [];
  /** Batches that are not answered and not given up. */
  private inFlight = 0;
  /** How many of them are not slow yet. The next batch waits for these. */
  private notSlow = 0;
  private scheduled = false;

  constructor(
    private readonly database: AuthDatabase,
    private readonly query: StateQuery,
    private readonly timeoutMs: number,
  ) {}

  read(lookup: Lookup, sending?: () => void): Promise<AuthState> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        lookup,
        sending,
        expired: false,
        settle: (answer) => {
          clearTimeout(deadline);
          if (answer instanceof Error) reject(new AuthUnavailableException(answer));
          else resolve(answer);
        },
      };
      // A driver's pool may wait for ever, so there is a deadline. A late answer has no effect: a promise settles
      // once.
      const deadline = setTimeout(() => {
        request.expired = true;
        request.settle(new AuthTimeoutError());
      }, this.timeoutMs);
      this.waiting.push(request);
      this.schedule();
    });
  }

  /** Sends at the end of this turn of the event loop, so that all requests of the turn share a batch. */
  private schedule(): void {
    if (this.scheduled || this.notSlow > 0 || this.inFlight >= MAX_IN_FLIGHT) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const requests = this.waiting.filter((request) => !request.expired);
      const { maxBatch } = this.database.dialect;
      // The rest waits for the next batch: a flood must not take every connection of the pool.
      this.waiting = requests.splice((MAX_IN_FLIGHT - this.inFlight) * maxBatch);
      for (let at = 0; at < requests.length; at += maxBatch) {
        this.send(requests.slice(at, at + maxBatch));
      }
    });
  }

  private send(batch: readonly Request[]): void {
    this.inFlight++;
    this.notSlow++;
    const slow = once(() => {
      this.notSlow--;
      this.next();
    });
    const done = once(() => {
      this.inFlight--;
      this.next();
    });
    const slowAfterMs = this.timeoutMs / 4;
    let timer = setTimeout(() => {
      slow();
      // By then the last request of the batch has expired. A batch on a dead connection may never be answered, and
      // must not keep its place.
      timer = setTimeout(done, this.timeoutMs - slowAfterMs);
    }, slowAfterMs);
    void this.answer(batch).finally(() => {
      clearTimeout(timer);
      slow();
      done();
    });
  }

  private next(): void {
    if (this.waiting.length > 0) this.schedule();
  }

  private async answer(batch: readonly Request[]): Promise<void> {
    try {
      const lookups = batch.map(({ lookup }) => lookup);
      for (const { sending } of batch) sending?.();
      const rows = await this.database.read(this.query.statement(lookups), refuseReplica);
      const answers = this.query.answers(rows, lookups);
      for (const [index, request] of batch.entries()) {
        request.settle(
          answers[index] ??
            new AuthDatabaseError(
              'unreadable',
              'The statement answered fewer lookups than it was asked.',
            ),
        );
      }
    } catch (cause) {
      // One value may break the statement for all requests of the batch, so each is tried alone. If the database
      // itself is unreachable, each would fail again, and is not tried.
      if (batch.length > 1 && this.database.dialect.isStatementFault(cause)) {
        // One after the other takes time. A request that has expired meanwhile is skipped.
        for (const request of batch) if (!request.expired) await this.answer([request]);
        return;
      }
      const error = errorOf(cause);
      for (const request of batch) request.settle(error);
    }
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
