import { AuthConfigurationError } from '../../errors/auth.errors.js';
import type { AuthStateReader } from '../../decision/auth-state.js';
import type { Decider } from '../decider.js';
import type { Propagation } from '../../log/propagation.js';
import type { Freshness, FreshnessStatus } from '../freshness.js';
import type { LogPage } from '../../log/log-page.js';
import { everywhere } from '../processes/everywhere.js';
import { type Processes, SIGN_OF_LIFE_MS } from '../processes/process-table.js';
import type { WakeUp } from '../wake-up/wake-up.js';
import { LogReader, type LogSource } from './log-reader.js';
import { CLOCK_STEP_MS } from '../../decision/time-margins.js';
import type { Memory } from './tracked.decider.js';
import type { TriggerWatch } from './trigger-watch.js';

/** Reads of the log within one bound: decisions stay tracked when one is late and one more is lost. */
const READS_PER_BOUND = 4;

/** Tracked freshness: memory follows the revocation log, and is trusted while the lease is fresh. */
export class TrackedFreshness implements Freshness {
  readonly decider: Decider;
  readonly strict: Decider;
  readonly reader: AuthStateReader;
  readonly propagation: Propagation;
  private readonly log: LogReader;
  /** The last acknowledgement of this process: it knows everything that was committed before that question. */
  private answered = 0;
  private rowsRead = 0;

  constructor(
    private readonly parts: {
      readonly decider: Decider;
      readonly strict: Decider;
      readonly reader: AuthStateReader;
      readonly memory: Memory;
      readonly log: LogSource & { probe(): Promise<void> };
      readonly triggers: Pick<TriggerWatch, keyof TriggerWatch>;
      readonly processes: Processes;
      readonly wakeUp: WakeUp;
      readonly maxStalenessMs: number;
      readonly close: () => Promise<void>;
    },
  ) {
    const { memory, log, maxStalenessMs, wakeUp, processes } = parts;
    this.decider = parts.decider;
    this.strict = parts.strict;
    this.reader = parts.reader;
    this.log = new LogReader(log, memory, {
      intervalMs: maxStalenessMs / READS_PER_BOUND,
      // A read that takes longer cannot renew the lease any more.
      timeoutMs: Math.max(maxStalenessMs, 500),
      read: (page) => (this.rowsRead += page.numbered.length + page.unnumbered.length),
      evidence: (page) => this.isEvidence(page),
    });
    this.propagation = {
      committed: async () => {
        wakeUp.hint();
        // If the log cannot be read, memory is not trusted until it can.
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

  /**
   * Registers first, and then reads the log to its end. A process that does not list this one yet has committed its
   * change before that read, so the read sees the change.
   */
  async start(): Promise<void> {
    const { triggers, processes, wakeUp } = this.parts;
    await triggers.start();
    if (triggers.problems.length > 0) {
      throw new AuthConfigurationError(triggers.problems, {
        headline: 'Tracked mode needs triggers that do not exist:',
      });
    }
    await processes.register();
    await this.readFirst();
    // Not awaited: the polling interval alone keeps the bound.
    void wakeUp.start(() => this.log.hint());
  }

  private async readFirst(): Promise<void> {
    try {
      const { log } = this.parts;
      await log.probe();
      // Writes the row at the head if there is none. Its absence is how readers notice an emptied log.
      await log.repair();
      await this.log.start();
    } catch (cause) {
      throw new AuthConfigurationError(
        [
          ...this.log.problems,
          'Give the DataSource a connection to the primary, or set freshness.mode to strict.',
        ],
        { cause, headline: 'Tracked mode cannot start:' },
      );
    }
  }

  async stop(): Promise<void> {
    const { triggers, processes, wakeUp, memory } = this.parts;
    triggers.stop();
    await wakeUp.stop();
    await this.log.stop();
    memory.lease.end();
    // If this fails, the others wait for this process once, and then give it up.
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

  /** Whether an applied page renews the trust. If it does, acknowledges the questions that it shows. */
  private isEvidence(page: LogPage): boolean {
    const { processes, triggers, memory } = this.parts;
    if (!page.isRegistered) {
      // Another process gave this one up. A later read renews the trust, once this process is registered again.
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
    // A statement that sees a question sees everything that was committed before the question. A sign of
    // life must be less than any later question, even if the clock is set back a little.
    const answer = isAsked ? askedAt : startedAt - CLOCK_STEP_MS;
    this.answered = answer;
    const { processes } = this.parts;
    processes
      .acknowledge(answer)
      .then(() => (isDue ? processes.tidy() : undefined))
      .catch(() => {
        // The next page still shows the question, and is answered then.
        if (this.answered === answer) this.answered = before;
      });
  }
}
