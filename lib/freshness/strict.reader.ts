import type { AuthState } from '../decision/auth-state.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { AuthDatabase } from '../database/database.js';
import type { AuthStateReader, Lookup } from '../decision/auth-state-reader.js';
import { refuseReplica } from '../database/replica.js';
import { isStatementFault } from '../database/statement-fault.js';
import type { StateAnswer, StateQuery } from './state-query.js';

/** One request that waits for auth state. */
interface Ticket {
  readonly lookup: Lookup;
  readonly sending: (() => void) | undefined;
  readonly settle: (answer: StateAnswer) => void;
  expired: boolean;
}

/** Flights that may be in the air at once; the later ones only because the earlier ones are slow. */
const MOST_FLIGHTS = 4;

/**
 * Strict freshness: state is read after the request arrived.
 *
 * Requests that wait at the same moment share one statement. While a flight is in the air the next
 * batch gathers, and it takes off when that flight lands, or when it has taken a quarter of the
 * timeout: a slow statement does not hold the others for ever. A ticket only ever flies in a
 * statement that is sent after the ticket was taken, so everybody sees state read after they came.
 */
export class StrictReader implements AuthStateReader {
  private waiting: Ticket[] = [];
  /** Flights that have not landed. */
  private flying = 0;
  /** Those of them that are not yet slow; the next batch waits for them. */
  private prompt = 0;
  private scheduled = false;

  constructor(
    private readonly database: AuthDatabase,
    private readonly query: StateQuery,
    private readonly timeoutMs: number,
  ) {}

  read(lookup: Lookup, sending?: () => void): Promise<AuthState> {
    return new Promise((resolve, reject) => {
      const ticket: Ticket = {
        lookup,
        sending,
        expired: false,
        settle: (answer) => {
          clearTimeout(deadline);
          if (answer instanceof Error) reject(new AuthUnavailableException(answer));
          else resolve(answer);
        },
      };
      // The deadline is our own: a driver's pool may wait for ever. A late answer is dropped, for a
      // promise settles once.
      const deadline = setTimeout(() => {
        ticket.expired = true;
        ticket.settle(new Error('The database did not answer in time.'));
      }, this.timeoutMs);
      this.waiting.push(ticket);
      this.schedule();
    });
  }

  /** Takes off at the end of this turn of the event loop, so that one turn's requests fly together. */
  private schedule(): void {
    if (this.scheduled || this.prompt > 0 || this.flying >= MOST_FLIGHTS) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const boarding = this.waiting.filter((ticket) => !ticket.expired);
      const { maxBatch } = this.database.dialect;
      // The rest waits for the next: a flood must not take every connection of the pool.
      this.waiting = boarding.splice((MOST_FLIGHTS - this.flying) * maxBatch);
      for (let at = 0; at < boarding.length; at += maxBatch) {
        this.fly(boarding.slice(at, at + maxBatch));
      }
    });
  }

  private fly(tickets: readonly Ticket[]): void {
    this.flying++;
    this.prompt++;
    const slow = once(() => {
      this.prompt--;
      this.next();
    });
    const landed = once(() => {
      this.flying--;
      this.next();
    });
    const patienceMs = this.timeoutMs / 4;
    let timer = setTimeout(() => {
      slow();
      // By then its last ticket has expired. A flight that never lands, such as one on a connection
      // that went dead in silence, must not keep its place for ever.
      timer = setTimeout(landed, this.timeoutMs - patienceMs);
    }, patienceMs);
    void this.answer(tickets).finally(() => {
      clearTimeout(timer);
      slow();
      landed();
    });
  }

  private next(): void {
    if (this.waiting.length > 0) this.schedule();
  }

  private async answer(tickets: readonly Ticket[]): Promise<void> {
    try {
      const lookups = tickets.map(({ lookup }) => lookup);
      for (const { sending } of tickets) sending?.();
      const rows = await this.database.read(this.query.statement(lookups), refuseReplica);
      const answers = this.query.answers(rows, lookups);
      for (const [index, ticket] of tickets.entries()) {
        ticket.settle(
          answers[index] ?? new Error('The statement answered fewer lookups than it was asked.'),
        );
      }
    } catch (cause) {
      // A value that this statement chokes on must not cost the others their answer. A database that
      // is away would fail each of them again, so there it is not tried.
      if (tickets.length > 1 && isStatementFault(cause)) {
        // One after the other takes its time; whoever does not wait any more is not asked for.
        for (const ticket of tickets) if (!ticket.expired) await this.answer([ticket]);
        return;
      }
      const error = cause instanceof Error ? cause : new Error(String(cause));
      for (const ticket of tickets) ticket.settle(error);
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
