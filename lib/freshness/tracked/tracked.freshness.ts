import { AuthConfigurationError } from '../../errors/auth.errors.js';
import type { AuthStateReader } from '../../decision/auth-state-reader.js';
import type { Decider } from '../decider.js';
import type { Propagation } from '../../log/propagation.js';
import type { Freshness } from '../freshness.js';
import type { FreshnessStatus } from '../freshness-status.js';
import type { LogPage } from '../../log/log-page.js';
import { everywhere } from '../processes/everywhere.js';
import { type Processes, SIGN_OF_LIFE_MS } from '../processes/process-table.js';
import type { WakeUp } from '../wake-up/wake-up.js';
import { LogReader, type LogSource } from './log-reader.js';
import { CLOCK_STEP_MS } from '../../decision/time-margins.js';
import type { Memory } from './tracked.decider.js';
import type { TriggerWatch } from './trigger-watch.js';

/** What tracked freshness is made of. */
export interface TrackedParts {
  readonly decider: Decider;
  readonly strict: Decider;
  readonly reader: AuthStateReader;
  readonly memory: Memory;
  readonly log: LogSource & { probe(): Promise<void> };
  readonly triggers: Pick<TriggerWatch, keyof TriggerWatch>;
  readonly processes: Processes;
  readonly wakeUp: WakeUp;
  readonly maxStalenessMs: number;
  /** Closes what the log is read through. */
  readonly close: () => Promise<void>;
}

/** Reads of the log within one bound: one may be late, and one more lost, before decisions are strict. */
const READS_PER_BOUND = 4;

/** Tracked freshness: memory follows the revocation log, and is trusted for as long as the lease lasts. */
export class TrackedFreshness implements Freshness {
  readonly decider: Decider;
  readonly strict: Decider;
  readonly reader: AuthStateReader;
  readonly propagation: Propagation;
  private readonly log: LogReader;
  /** What this process told the others last: everything before a question of that number is known to it. */
  private answered = 0;
  private rowsRead = 0;

  constructor(private readonly parts: TrackedParts) {
    const { memory, log, maxStalenessMs, wakeUp, processes } = parts;
    this.decider = parts.decider;
    this.strict = parts.strict;
    this.reader = parts.reader;
    this.log = new LogReader(log, memory, {
      intervalMs: maxStalenessMs / READS_PER_BOUND,
      // What takes longer cannot renew the lease any more.
      timeoutMs: Math.max(maxStalenessMs, 500),
      read: (page) => (this.rowsRead += page.numbered.length + page.unnumbered.length),
      evidence: (page) => this.isEvidence(page),
    });
    this.propagation = {
      committed: async () => {
        wakeUp.hint();
        // What cannot be read is not trusted until it can.
        await this.log.readNow().catch(() => memory.lease.end());
      },
      pending: (concerned, transaction) => memory.pending.add(concerned, transaction),
      hint: () => {
        wakeUp.hint();
        this.log.hint();
      },
      everywhere: () => everywhere(processes, () => this.propagation.hint()),
    };
  }

  /** Registers, and only then reads the log to its end: whoever lists the processes earlier is seen. */
  async start(): Promise<void> {
    const { triggers, processes, wakeUp } = this.parts;
    await triggers.start();
    if (triggers.problems.length > 0) {
      throw new AuthConfigurationError(triggers.problems, {
        headline: 'Tracked freshness needs triggers that are not there:',
      });
    }
    await processes.register();
    await this.readFirst();
    // Not waited for: the interval alone keeps the bound.
    void wakeUp.start(() => this.log.hint());
  }

  private async readFirst(): Promise<void> {
    try {
      const { log } = this.parts;
      await log.probe();
      // By the row at the head readers find out that somebody emptied the log; the first one puts it there.
      await log.repair();
      await this.log.start();
    } catch (cause) {
      throw new AuthConfigurationError(
        [
          ...this.log.problems,
          'Give the DataSource a connection to the primary, or set freshness.mode to strict.',
        ],
        { cause, headline: 'Tracked freshness cannot begin:' },
      );
    }
  }

  async stop(): Promise<void> {
    const { triggers, processes, wakeUp, memory } = this.parts;
    triggers.stop();
    await wakeUp.stop();
    await this.log.stop();
    memory.lease.end();
    // Otherwise others wait for it once, and then no more.
    await processes.leave().catch(() => undefined);
    await this.parts.close();
  }

  status(): FreshnessStatus {
    const { memory, triggers, wakeUp, maxStalenessMs } = this.parts;
    const { view, lease } = memory;
    const { lastHintAt } = wakeUp;
    return {
      mode: 'tracked',
      isTracking: lease.isFresh,
      ageMs: lease.ageMs,
      maxStalenessMs,
      coverage: view.page === undefined ? undefined : new Date(view.coverage),
      lastWakeUpAt: lastHintAt === undefined ? undefined : new Date(lastHintAt),
      overlaySize: view.overlay.size,
      rowsRead: this.rowsRead,
      logLag: Math.max(0, (view.page?.head ?? 0) - view.position),
      problems: [...triggers.problems, ...this.log.problems],
    };
  }

  /** Whether a page that is taken in may be trusted; on the way, answers who asked. */
  private isEvidence(page: LogPage): boolean {
    const { processes, triggers, memory } = this.parts;
    if (!page.isRegistered) {
      // Somebody gave this process up. The next read counts, if by then it is waited for again.
      processes.register().then(
        () => this.log.hint(),
        () => undefined,
      );
      return false;
    }
    if (triggers.takeGap()) memory.view.forgetUntil(page.now);
    if (triggers.problems.length > 0) return false;
    this.answer(page);
    return true;
  }

  private answer({ askedAt, startedAt }: LogPage): void {
    const isAsked = askedAt !== null && askedAt > this.answered;
    const isDue = startedAt - this.answered > SIGN_OF_LIFE_MS;
    if (!isAsked && !isDue) return;
    const before = this.answered;
    // A statement that sees the question sees what was committed before it was asked. A sign of life is
    // less than any question that is asked later, though the clock be set back a little.
    const answer = isAsked ? askedAt : startedAt - CLOCK_STEP_MS;
    this.answered = answer;
    const { processes } = this.parts;
    processes
      .acknowledge(answer)
      .then(() => (isDue ? processes.tidy() : undefined))
      .catch(() => {
        // Answered with the next page, which is still told of the question.
        if (this.answered === answer) this.answered = before;
      });
  }
}
