import { type Reply, whoami } from './http.js';
import type { Holder } from './tokens.js';

/** A process that can be asked. */
export interface Target {
  readonly name: string;
  readonly isRunning: boolean;
  readonly url: string;
}

/** Requests of one token to one process that may be without an answer at once. */
const MOST_WAITING = 6;
/** How long an answer is waited for before the next request is sent all the same, in milliseconds. */
const WAIT_LIMIT_MS = 250;
/** What was refused is tried less and less often: it must not come back. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_500;

/** How it goes with one token on one process. */
interface Trial {
  waiting: number;
  sentAt: number;
  /** Before the next one, in milliseconds. */
  pause: number;
}

/** A token that is tried on every process all the time. */
export interface Watched {
  readonly holder: Holder;
  /** When taking it away began: from here on a refusal is right. */
  begunAt: number | undefined;
  /** When it is known to be committed: later than that plus the bound, nobody may accept it. */
  committedAt: number | undefined;
  /** Until when it may be accepted all the same: only some processes had read of it before it was lost. */
  excusedUntil: number;
  /** When a process last accepted it, and first refused it, on the clock of `performance.now()`. */
  readonly acceptedAt: Map<Target, number>;
  readonly refusedAt: Map<Target, number>;
}

/** What has been seen. */
export interface Sightings {
  accepted: number;
  refused: number;
  unavailable: number;
  silent: number;
}

/**
 * Tries tokens on processes without a pause, and holds every answer against the promises:
 *
 * - no request that began later than a revocation's commit plus the bound is accepted. The decision
 *   comes after the beginning, so a request that began later was decided later;
 * - a token that nobody takes away is never refused, whatever goes wrong: 200 or 503;
 * - nothing is answered 500.
 */
export class Observer {
  readonly violations: string[] = [];
  readonly seen: Sightings = { accepted: 0, refused: 0, unavailable: 0, silent: 0 };
  private readonly watched = new Map<Watched, Map<Target, Trial>>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly members: readonly Target[],
    private readonly boundMs: number,
    everyMs = 10,
  ) {
    this.timer = setInterval(() => this.tryAll(), everyMs);
  }

  watch(holder: Holder): Watched {
    const watched: Watched = {
      holder,
      begunAt: undefined,
      committedAt: undefined,
      excusedUntil: 0,
      acceptedAt: new Map(),
      refusedAt: new Map(),
    };
    this.watched.set(watched, new Map());
    return watched;
  }

  unwatch(watched: Watched): void {
    this.watched.delete(watched);
  }

  /** Takes something away, and notes when that began and when it was committed. */
  async revoke<T>(watched: Watched | readonly Watched[], action: () => Promise<T>): Promise<T> {
    const all = Array.isArray(watched) ? watched : [watched];
    for (const one of all) one.begunAt = performance.now();
    const result = await action();
    for (const one of all) one.committedAt = performance.now();
    return result;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tryAll(): void {
    for (const member of this.members) {
      if (!member.isRunning) continue;
      for (const [watched, trials] of this.watched) {
        const trial = trials.get(member) ?? { waiting: 0, sentAt: -Infinity, pause: 0 };
        trials.set(member, trial);
        if (isDue(trial)) this.try(member, watched, trial);
      }
    }
  }

  private try(member: Target, watched: Watched, trial: Trial): void {
    trial.waiting++;
    trial.sentAt = performance.now();
    void whoami(member.url, watched.holder.token).then((reply) => {
      trial.waiting--;
      trial.pause =
        reply.status === 401
          ? Math.min(Math.max(trial.pause * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS)
          : 0;
      this.judge(member, watched, reply);
    });
  }

  private judge(member: Target, watched: Watched, reply: Reply): void {
    const { status, code, beganAt, endedAt, body } = reply;
    const { begunAt, committedAt, excusedUntil, holder } = watched;
    const who = `${member.name}, token ${holder.jti}`;
    if (status === 200) {
      this.seen.accepted++;
      watched.acceptedAt.set(member, Math.max(beganAt, watched.acceptedAt.get(member) ?? 0));
      const last = Math.max((committedAt ?? Infinity) + this.boundMs, excusedUntil);
      if (beganAt > last) {
        const late = (beganAt - last).toFixed(1);
        this.violations.push(`${who}: accepted ${late} ms later than commit + bound`);
      }
    } else if (status === 401) {
      this.seen.refused++;
      if (!watched.refusedAt.has(member)) watched.refusedAt.set(member, endedAt);
      if (begunAt === undefined || endedAt < begunAt) {
        this.violations.push(`${who}: refused with ${code} before it was taken away`);
      }
    } else if (status === 503) this.seen.unavailable++;
    else if (status === undefined) this.seen.silent++;
    else this.violations.push(`${who}: ${status} ${body}`);
  }
}

function isDue({ waiting, sentAt, pause }: Trial): boolean {
  const since = performance.now() - sentAt;
  if (since < pause) return false;
  return waiting === 0 || (since > WAIT_LIMIT_MS && waiting < MOST_WAITING);
}
