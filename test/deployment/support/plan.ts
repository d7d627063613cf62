import type { Member, WakeUpKind } from './deployment.js';
import { type FaultKind, faultsOn } from './faults.js';
import type { Random } from './random.js';
import { RAW, type Taking, TAKINGS } from './takings.js';

/** What happens in one round, and when; all of it is settled before it begins, by the seed alone. */
export interface Plan {
  readonly faults: readonly {
    readonly fault: FaultKind;
    readonly members: readonly Member[];
    readonly afterMs: number;
    readonly lengthMs: number;
  }[];
  /** One for each account. */
  readonly takings: readonly {
    readonly taking: Taking;
    readonly via: Member;
    readonly afterMs: number;
    /** How long the transaction stays open in which it is written: others commit first. */
    readonly holdMs: number;
  }[];
  /** How long the transaction stays open that ends in nothing. */
  readonly rollBackAfterMs: number;
  /** Whether the log is lost, or goes back by some rows. */
  readonly logLoss: { readonly afterMs: number; readonly rows: number | 'all' } | undefined;
  /** Whether the database server is stopped, and started again. */
  readonly restart: Restart | undefined;
}

export interface Restart {
  readonly how: 'in order' | 'at once';
  readonly afterMs: number;
  readonly lengthMs: number;
}

/** Draws a round. */
export function planOf(
  random: Random,
  members: readonly Member[],
  wakeUp: WakeUpKind,
  accounts: number,
): Plan {
  const within = (most: number) => random.between(0, most);
  const logLoss = random.chance(0.25)
    ? {
        afterMs: within(1_500),
        rows: random.chance(0.5) ? ('all' as const) : random.between(1, 5),
      }
    : undefined;
  // What only the log says is gone with it, as after a restored backup.
  const ways = logLoss === undefined ? TAKINGS : TAKINGS.filter(({ survivesLog }) => survivesLog);
  // Of rows that go together with their numbers only those can tell who had read them.
  const faults = faultsOn(wakeUp).filter(
    ({ forgets }) => !forgets || typeof logLoss?.rows !== 'number',
  );
  // What a process that is stopped or gone would do with a second fault tells nothing.
  const free = new Set(members);
  return {
    logLoss,
    faults: Array.from({ length: random.between(1, 2) }, () => {
      const struck = [...free].filter(() => random.chance(0.6));
      for (const member of struck) free.delete(member);
      return {
        fault: random.pick(faults),
        members: struck,
        afterMs: within(400),
        lengthMs: random.between(50, 2_500),
      };
    }),
    takings: Array.from({ length: accounts }, () => {
      const taking = random.pick(ways);
      const holdMs = random.chance(0.4) ? within(1_500) : 0;
      return {
        taking,
        via: random.pick(members),
        afterMs: within(1_500),
        holdMs: RAW.includes(taking) ? holdMs : 0,
      };
    }),
    rollBackAfterMs: within(1_000),
    restart: random.chance(0.2)
      ? {
          how: random.chance(0.5) ? 'in order' : 'at once',
          afterMs: within(1_500),
          lengthMs: within(1_500),
        }
      : undefined,
  };
}
