/** One history: what happens, step by step, and the promises that each decision is held against. */
import { Refusal } from '../../../lib/decision/refusal.js';
import { begin, type Choose, row, SUBJECTS } from './changes.js';
import { ModelDatabase, type Transaction } from './database.js';
import { Node } from './node.js';
import { NEWER, OLDER } from './policies.js';
import { brokenByRead, brokenFromMemory, type Circumstances } from './promises.js';

/** How long processes may trust memory; they differ. */
const BOUNDS = [100, 250];
const NODES = 3;
/** Longer than any wait of `everywhere`: the longest bound with its margin, and steps of the clock. */
const LONGEST_WAIT_MS = 2_000;

/** Decisions that were taken without a read, to show that not all of them were strict. */
export interface Tally {
  'from memory': number;
  read: number;
  everywhere: number;
}

export class History implements Circumstances {
  readonly tally: Tally = { 'from memory': 0, read: 0, everywhere: 0 };
  readonly story: string[] = [];
  violation: string | undefined;
  private readonly database = new ModelDatabase();
  private readonly nodes: Node[] = [];
  private readonly open: Transaction[] = [];
  private backup = this.database.backup();
  private newer = false;
  /** Until the triggers were taken away, or a server took over, whatever is refused is so by the database. */
  exact = true;
  /** Had read what was then taken out of the log, and what had happened by then. */
  private witness: { readonly node: Node; readonly order: number } | undefined;
  /** Everything that happened up to here is promised to be known everywhere. */
  everywhere = 0;

  /** Plays the steps; each is a number that holds its own choices. */
  async play(steps: readonly number[]): Promise<void> {
    this.database.maxTokenLife = OLDER.life;
    for (let index = 0; index < NODES; index++) await this.boot(() => index);
    for (const node of this.nodes) await drain(node);
    await this.pass(3_000);
    for (const number of steps) {
      // Choices out of one number, each of which uses up a part of it.
      let rest = number;
      const choose: Choose = (of) => {
        const chosen = rest % of;
        rest = Math.floor(rest / of);
        return chosen;
      };
      const step = STEPS[choose(STEPS.length)];
      this.story.push(`${this.database.now % 1e9} ${step?.name}`);
      // One thing after the other: that is what a history is.
      // oxlint-disable-next-line no-await-in-loop
      await step?.call(this, choose);
      if (this.violation !== undefined) break;
    }
    await this.end();
  }

  private fail(what: string | undefined): void {
    if (what !== undefined) this.violation ??= `${what}\n${this.story.slice(-40).join('\n')}`;
  }

  private note(what: string): void {
    this.story.push(`  ${what}`);
  }

  /* ---- what happens ---- */

  async mint(choose: Choose): Promise<void> {
    const set = choose(3) === 0 || !this.newer ? OLDER : NEWER;
    const token = this.database.mint(SUBJECTS[choose(2)] ?? 'a', set);
    if (token) this.note(`${token.claims.jti} of ${token.claims.sub}, ${set.name}`);
  }

  async begin(choose: Choose): Promise<void> {
    this.open.push(this.change(choose));
  }

  async commitOne(choose: Choose): Promise<void> {
    const [transaction] = this.open.splice(choose(Math.max(1, this.open.length)), 1);
    if (transaction) this.commit(transaction);
    await settled();
  }

  async rollBackOne(choose: Choose): Promise<void> {
    const [transaction] = this.open.splice(choose(Math.max(1, this.open.length)), 1);
    if (transaction) transaction.isTransactionActive = false;
  }

  /** A change that commits at once; by way of the library in a process, or past it. */
  async changeNow(choose: Choose): Promise<void> {
    const node = choose(2) === 0 ? this.node(choose) : undefined;
    this.commit(this.change(choose));
    if (node === undefined) return;
    const { order } = this.database.moment;
    this.note(`by ${node.id}, up to ${order}`);
    node.freshness.propagation
      .committed()
      .then(() => (node.knows = Math.max(node.knows, order)))
      .catch(() => undefined);
    await settled();
  }

  async askEverywhere(choose: Choose): Promise<void> {
    const node = this.node(choose);
    if (node === undefined) return;
    const { order } = this.database.moment;
    node.waiting++;
    this.note(`${node.id} asks about ${order}`);
    node.everywhere().then(
      () => {
        node.waiting--;
        this.tally.everywhere++;
        this.note(`${order} is everywhere`);
        this.everywhere = Math.max(this.everywhere, order);
      },
      () => node.waiting--,
    );
    await settled();
  }

  async hint(choose: Choose): Promise<void> {
    this.node(choose)?.hint();
    await settled();
  }

  /** One statement of a process gets one stage further. */
  async advance(choose: Choose): Promise<void> {
    const node = this.nodes[choose(this.nodes.length || 1)];
    node?.wire.advance(choose(8), !node.stopped);
    await settled();
  }

  /** A process reads the log, and everything that it waits for comes. */
  async poll(choose: Choose): Promise<void> {
    const node = this.node(choose);
    if (node === undefined) return;
    node.pageSize = 1 + choose(4);
    this.note(`${node.id}, ${node.pageSize} rows a page`);
    await this.read(node);
  }

  async decide(choose: Choose): Promise<void> {
    const node = this.node(choose);
    const token = this.database.tokens[choose(this.database.tokens.length || 1)];
    if (node === undefined || token === undefined || !node.serving) return;
    if (token.claims.exp * 1_000 <= this.database.clock) return;
    // Mostly one that has just read, or most decisions would be strict.
    if (choose(3) > 0 && !node.freshness.status().isTracking) await this.read(node);
    const called = this.database.moment.order;
    const outcome = node.freshness.decider.decide(token.claims);
    if (!(outcome instanceof Promise)) {
      this.tally['from memory']++;
      this.fail(brokenFromMemory(node, token, outcome, this));
      return;
    }
    this.tally.read++;
    outcome.then(
      (read) => {
        // Of what a server did not know that took over, nothing is promised.
        if (!this.database.tokens.includes(token)) return;
        this.fail(brokenByRead(node, token, read, called, this));
      },
      () => undefined,
    );
    await settled();
    if (choose(2) === 0) await drain(node);
  }

  async aMoment(choose: Choose): Promise<void> {
    await this.pass(choose(3));
  }

  async aWhile(choose: Choose): Promise<void> {
    await this.pass(choose(100));
  }

  /** Time in which tokens get older than what has happened, and all is quiet. */
  async aQuietSecond(): Promise<void> {
    await this.pass(1_100);
    for (const node of this.nodes) if (!node.stopped) await this.read(node);
  }

  async aLongTime(choose: Choose): Promise<void> {
    if (choose(6) === 0) await this.pass([5_000, 12_000, 320_000][choose(3)] ?? 0);
  }

  /** The machine sleeps, or somebody sets its clock back; not both under one lease, which is a limit. */
  async loseTime(choose: Choose): Promise<void> {
    const node = this.node(choose);
    if (node === undefined) return;
    const slept = 60 + choose(300);
    if (node.sleeps) node.monotonicLag += slept;
    else node.wallStep -= slept;
    await this.pass(slept);
  }

  /** The database's clock is set, by less than a second. */
  async slew(choose: Choose): Promise<void> {
    if (choose(4) > 0) return;
    this.database.skew = choose(1_000);
    this.note(`the database's clock is ${this.database.skew} ahead`);
    this.exact = false;
  }

  /** Processes look at the triggers when it is time to, and not when something happens to them. */
  async look(choose: Choose): Promise<void> {
    this.node(choose)?.look();
  }

  async purge(): Promise<void> {
    this.database.log.purge(this.database.clock, this.database.maxTokenLife);
    this.database.happened(undefined);
  }

  /** What happens to databases seldom, and to the triggers. */
  async mishap(choose: Choose): Promise<void> {
    const { database } = this;
    const kind = choose(12);
    this.note(
      [
        'backup',
        'lose rows',
        'fail over',
        'restore',
        'triggers',
        'triggers',
        'triggers',
        'triggers',
        'set the head back',
        'rewind',
      ][kind] ?? 'nothing',
    );
    if (kind === 0) this.backup = database.backup();
    if (kind === 1) {
      // All of them, or the last ones.
      database.log.lose(choose(2) === 0 ? Infinity : 1 + choose(3));
      database.happened(undefined);
      this.exact = false;
    }
    if (kind === 2 || kind === 3) {
      database.failOver(this.backup);
      // An old backup gives old tokens their life back: then the operator revokes everybody.
      if (kind === 3)
        this.commit(database.begin([row('all', '*')], () => database.renewGeneration()));
      this.exact = false;
    }
    if (kind >= 4 && kind < 8) database.toggleTriggers();
    if (kind === 8) {
      database.log.setBack(1 + choose(3));
      database.happened(undefined);
      this.exact = false;
    }
    if (kind === 9) {
      const rows = 1 + choose(3);
      const node = this.nodes.find(({ position }) => position > database.log.top - rows);
      if (node !== undefined) this.witness = { node, order: database.moment.order };
      database.rewind(rows);
      this.exact = false;
    }
    if (kind < 4) this.backup = database.backup();
  }

  async disturb(choose: Choose): Promise<void> {
    const node = this.nodes[choose(this.nodes.length || 1)];
    const kind = choose(8);
    if (node === undefined) return;
    this.note(`${node.id}: ${['stopped or resumed', 'cut', 'killed'][kind] ?? 'nothing'}`);
    if (kind === 0) node.stopped = !node.stopped;
    if (kind === 1) node.wire.cut();
    if (kind === 2) {
      node.kill();
      this.nodes.splice(this.nodes.indexOf(node), 1);
    }
    await settled();
  }

  async boot(choose: Choose): Promise<void> {
    if (this.nodes.length >= NODES) return;
    const set = choose(2) === 0 ? OLDER : NEWER;
    this.newer ||= set === NEWER;
    // Raised before anything is issued that lives so long; never lowered.
    this.database.maxTokenLife = Math.max(this.database.maxTokenLife, set.life);
    const node = new Node(this.database, set, BOUNDS[choose(2)] ?? 100);
    this.note(`${node.id}, ${set.name}, ${node.bound} ms`);
    this.nodes.push(node);
    node.start();
    await settled();
  }

  /* ---- how ---- */

  /** When all is well again, nobody goes on waiting. */
  private async end(): Promise<void> {
    for (const node of this.nodes) node.stopped = false;
    for (let waited = 0; this.waits() && waited < LONGEST_WAIT_MS; waited += 50) {
      await this.pass(50);
      for (const node of this.nodes) await drain(node);
    }
    if (this.waits()) this.fail('somebody still waits for everywhere');
    await this.requireNoneLost();
    for (const node of this.nodes) node.kill();
    await settled();
  }

  /** What was taken out of the log is known to all, where one is left that had read it. */
  private async requireNoneLost(): Promise<void> {
    const { witness, database } = this;
    if (witness === undefined || !this.nodes.includes(witness.node)) return;
    // It finds out and tells; the others hear of it.
    for (let round = 0; round < 3; round++) for (const node of this.nodes) await this.read(node);
    for (const node of this.nodes) {
      for (const { claims, verdicts } of database.tokens) {
        // What no row ever told of, no process can have read in the log.
        const known = verdicts[node.set.name].reasons.find(
          ({ order, wasTold }) => wasTold && order <= witness.order,
        );
        const isOver = claims.exp * 1_000 <= database.clock;
        if (known === undefined || isOver || !node.serving) continue;
        const outcome = node.freshness.decider.decide(claims);
        if (outcome instanceof Promise) outcome.catch(() => undefined);
        else if (!(outcome instanceof Refusal)) {
          this.fail(`${node.id} accepts ${claims.jti} after all, refused for ${known.reason}`);
        }
      }
    }
  }

  private waits(): boolean {
    return this.nodes.some(({ waiting }) => waiting > 0);
  }

  private node(choose: Choose): Node | undefined {
    const node = this.nodes[choose(this.nodes.length || 1)];
    return node === undefined || node.stopped ? undefined : node;
  }

  private async read(node: Node): Promise<void> {
    node.hint();
    await drain(node);
  }

  private change(choose: Choose): Transaction {
    const held = choose(3) === 0 ? this.node(choose) : undefined;
    if (held !== undefined) this.note(`held by ${held.id}`);
    const transaction = begin(this.database, choose, held);
    for (const { kind, ref } of transaction.rows) this.note(`${kind} ${ref}`);
    return transaction;
  }

  private commit(transaction: Transaction): void {
    this.database.commit(transaction);
    transaction.isTransactionActive = false;
  }

  private async pass(ms: number): Promise<void> {
    this.database.now += ms;
    for (const node of this.nodes) node.tick();
    await settled();
  }
}

/** Lets promises run until nothing moves without a step. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 16; turn++) await undefined;
}

/** Carries out and answers whatever a process waits for. */
async function drain(node: Node): Promise<void> {
  for (let round = 0; round < 40 && node.wire.busy > 0; round++) {
    node.wire.advance(0);
    await settled();
  }
}

/** What can happen, each as often as it is named. */
const { prototype: does } = History;
const STEPS = [
  ...Array.from({ length: 3 }, () => does.mint),
  does.begin,
  does.begin,
  does.commitOne,
  does.commitOne,
  does.rollBackOne,
  ...Array.from({ length: 3 }, () => does.changeNow),
  does.askEverywhere,
  does.hint,
  does.hint,
  ...Array.from({ length: 6 }, () => does.advance),
  ...Array.from({ length: 5 }, () => does.poll),
  ...Array.from({ length: 12 }, () => does.decide),
  does.aMoment,
  does.aMoment,
  does.aWhile,
  does.aWhile,
  does.aQuietSecond,
  does.aQuietSecond,
  does.aLongTime,
  does.loseTime,
  does.slew,
  does.look,
  does.look,
  does.purge,
  does.mishap,
  does.mishap,
  does.disturb,
  does.boot,
  does.boot,
];
