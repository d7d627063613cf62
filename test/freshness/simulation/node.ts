/** One process: the real thing from the log's reader to the decision, on a wire that the test moves. */
import type { AuthStateReader } from '../../../lib/decision/auth-state.js';
import { StrictDecider } from '../../../lib/freshness/decider.js';
import { everywhere } from '../../../lib/freshness/processes/everywhere.js';
import type { Processes } from '../../../lib/freshness/processes/process-table.js';
import { CurrentReader } from '../../../lib/freshness/tracked/current.reader.js';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../../lib/freshness/tracked/lease.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import { TrackedDecider } from '../../../lib/freshness/tracked/tracked.decider.js';
import { TrackedFreshness } from '../../../lib/freshness/tracked/tracked.freshness.js';
import type { SubjectCodec } from '../../../lib/users/subject-codec.js';
import type { ModelDatabase } from './database.js';
import type { PolicySet } from './policies.js';
import { Wire } from './wire.js';

/** Texts of any kind. */
const subjects: SubjectCodec = { databaseType: 'text', isRandom: true, canHold: () => true };

/** How long one caller's reads may go on; longer than most histories. */
const TIMEOUT_MS = 2_000;

const nothing = () => undefined;

let nodes = 0;

export class Node {
  readonly id = `0-0-0-0-${++nodes}` as const;
  readonly wire = new Wire();
  readonly freshness: TrackedFreshness;
  private readonly view = new LogView({ maxEntries: 9, maxBacklog: 8, maxCachedStates: 5 });
  /** Rows that one read may bring. */
  pageSize = 3;
  /** A machine that sleeps stops one clock; a step moves the other. */
  monotonicLag = 0;
  readonly sleeps = nodes % 2 === 0;
  /** Whether a read waits for a connection of the pool before its statement is sent. */
  readonly waits = nodes % 3 === 0;
  wallStep = 0;
  /** Whether it has begun to serve. */
  serving = false;
  /** Whether somebody stopped it, as SIGSTOP does: nothing happens in it. */
  stopped = false;
  /** Everything that happened up to here is promised to be known: a call that says so has resolved. */
  knows = 0;
  /** Calls of `everywhere` that have not resolved. */
  waiting = 0;
  /** What it saw of the triggers at its last look. */
  triggers: { problems: readonly string[]; gap: boolean } = { problems: [], gap: false };
  private madeWhenSeen = 0;
  private missedAt = 0;
  private readonly processes: Processes;
  private sleepers: { readonly due: number; readonly wake: () => void }[] = [];
  private hinted: () => void = () => undefined;

  constructor(
    readonly database: ModelDatabase,
    readonly set: PolicySet,
    readonly bound: number,
  ) {
    const { wire, id } = this;
    const table = database.processes;
    this.processes = {
      id,
      register: () => wire.send(() => table.register(id, bound)).then(nothing),
      acknowledge: (question) => wire.send(() => table.acknowledge(id, question)).then(nothing),
      ask: () => wire.send(() => table.ask(id)),
      behind: (question) => wire.send(() => table.behind(question)),
      giveUp: (ids, question) => wire.send(() => table.giveUp(ids, question)).then(nothing),
      tidy: () => Promise.resolve(),
      leave: () => wire.send(() => table.leave(id)).then(nothing),
    };
    const clocks = { monotonic: () => this.monotonic, wall: () => database.now + this.wallStep };
    const memory = {
      view: this.view,
      lease: new Lease(bound, clocks),
      pending: new PendingRevocations(),
    };
    const stored: AuthStateReader = {
      read: async (lookup, sending) => {
        if (this.waits) await wire.send(() => true);
        sending?.();
        return wire.send(() => database.state(lookup));
      },
    };
    const reader = new CurrentReader(memory, stored, TIMEOUT_MS);
    const context = { policies: set.policies, subjects };
    const rules = { policySet: set.name, generations: true };
    const strict = new StrictDecider(context, reader);
    this.freshness = new TrackedFreshness({
      decider: new TrackedDecider({ memory, rules, context, strict }),
      strict,
      reader,
      memory,
      log: {
        read: (position) => wire.send(() => database.page(id, position, this.pageSize)),
        number: (ids) => wire.send(() => database.log.number(ids, database.clock)).then(nothing),
        repair: () => wire.send(() => database.repair()).then(nothing),
        recordGap: () => wire.send(() => database.notice()).then(nothing),
        probe: () => Promise.resolve(),
      },
      triggers: this.watch(),
      processes: this.processes,
      wakeUp: {
        lastHintAt: undefined,
        start: (onHint) => {
          this.hinted = onHint;
          return Promise.resolve();
        },
        hint: () => undefined,
        stop: () => Promise.resolve(),
      },
      maxStalenessMs: bound,
      close: () => Promise.resolve(),
    });
  }

  /** The number of the last row that it has read. */
  get position(): number {
    return this.view.position;
  }

  start(): void {
    this.freshness.start().then(
      () => (this.serving = true),
      () => this.kill(),
    );
  }

  /** A hint arrives, or the interval has passed. */
  hint(): void {
    this.hinted();
  }

  everywhere(): Promise<void> {
    return everywhere(this.processes, () => this.freshness.propagation.hint(), {
      now: () => this.monotonic,
      sleep: (ms) =>
        new Promise((wake) => void this.sleepers.push({ due: this.monotonic + ms, wake })),
    });
  }

  /** It looks at the triggers, as every ten seconds; see TriggerWatch. */
  look(): void {
    const { database, triggers } = this;
    const wasMissing = triggers.problems.length > 0;
    if (!database.watched) {
      if (!wasMissing) this.missedAt = database.now;
      triggers.problems = ['the triggers are gone'];
      return;
    }
    if (wasMissing || database.made !== this.madeWhenSeen) {
      database.notice();
      triggers.gap = true;
    }
    triggers.problems = [];
    this.madeWhenSeen = database.made;
  }

  /** Whether it has known for longer than its bound that nothing watches. */
  get isToBeStrict(): boolean {
    return this.triggers.problems.length > 0 && this.database.now - this.missedAt > this.bound;
  }

  /** Time has passed. */
  tick(): void {
    if (this.stopped) return;
    const due = this.sleepers.filter((sleeper) => sleeper.due <= this.monotonic);
    this.sleepers = this.sleepers.filter((sleeper) => sleeper.due > this.monotonic);
    for (const { wake } of due) wake();
  }

  /** It is gone without a word. */
  kill(): void {
    this.serving = false;
    this.stopped = true;
    this.wire.close();
    void this.freshness.stop();
  }

  /** How much of the time that passed its own clock has counted. */
  private get monotonic(): number {
    return this.database.now - this.monotonicLag;
  }

  private watch() {
    const { database, triggers: seen } = this;
    return {
      get problems() {
        return seen.problems;
      },
      start: () => {
        seen.problems = database.watched ? [] : ['the triggers are gone'];
        this.madeWhenSeen = database.made;
        return Promise.resolve();
      },
      takeGap: () => {
        const { gap } = seen;
        seen.gap = false;
        return gap;
      },
      stop: () => undefined,
    };
  }
}
