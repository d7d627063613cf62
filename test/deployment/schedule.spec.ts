/**
 * A random schedule of all faults at once. The seed is printed; `DEPLOYMENT_SEED` runs its schedule
 * again, `DEPLOYMENT_ROUNDS` says how many rounds it has.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLOCKS } from './support/clocks.js';
import { Deployment, describeDeployments, type Member } from './support/deployment.js';
import { Observer, type Watched } from './support/observer.js';
import { loseLog } from './support/log-loss.js';
import { type Plan, planOf } from './support/plan.js';
import { Random } from './support/random.js';
import { recovery, whoAccepts } from './support/recovery.js';
import { report } from './support/report.js';
import { bound, sized } from './support/sizes.js';

const BOUND_MS = 500;
const RECOVERY_MS = 10_000;
/** Taken away in each round. */
const ACCOUNTS = 6;
const SEED = Number(process.env['DEPLOYMENT_SEED'] ?? Math.floor(Math.random() * 1e9));
const ROUNDS = Number(process.env['DEPLOYMENT_ROUNDS'] ?? sized(20, 2));

describeDeployments(['redis'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.start({
      wakeUp,
      processes: 3,
      maxStalenessMs: bound(BOUND_MS),
      env: (index) => CLOCKS[index] ?? {},
      ownServer: true,
    });
  });
  afterAll(() => deployment.close());

  it(
    `${ROUNDS} rounds, DEPLOYMENT_SEED=${SEED}`,
    async () => {
      const recoveries: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // Each round has a seed of its own, so that one alone can be run again.
        const seed = SEED + round * 7_919;
        const one = new Round(deployment, new Random(seed));
        const recoveredIn = await one.run().catch((error: unknown) => {
          const again = `DEPLOYMENT_SEED=${seed} DEPLOYMENT_ROUNDS=1 runs it again`;
          throw new Error(`Round ${round} (${again}):\n${one.story()}`, { cause: error });
        });
        recoveries.push(recoveredIn);
      }
      report(
        `${wakeUp}: ${ROUNDS} rounds, DEPLOYMENT_SEED=${SEED}, well again after ${Math.max(...recoveries).toFixed(0)} ms at the most`,
      );
    },
    30_000 + ROUNDS * 40_000,
  );
});

/** Things that go wrong, and things that are taken away meanwhile. */
class Round {
  private readonly began = performance.now();
  private readonly told: string[] = [];
  private readonly plan: Plan;

  constructor(
    private readonly deployment: Deployment,
    random: Random,
  ) {
    this.plan = planOf(random, deployment.members, deployment.options.wakeUp, ACCOUNTS);
  }

  story(): string {
    return this.told.join('\n');
  }

  /** Gives how long it took until all was well again, in milliseconds. */
  async run(): Promise<number> {
    const { mint, members, boundMs } = this.deployment;
    const [stays, rolledBack, ...accounts] = await mint.accounts(ACCOUNTS + 2);
    if (stays === undefined || rolledBack === undefined) throw new Error('There are accounts.');
    const observer = new Observer(members, boundMs, 40);
    observer.watch(stays);
    observer.watch(rolledBack);
    const watched = accounts.map((holder) => observer.watch(holder));

    const restarted = this.restart();
    const others = [
      ...watched.map((one, index) => this.take(observer, one, index)),
      this.rollBack(rolledBack.userId),
      this.loseLog(watched),
    ];
    const ends = await Promise.all(this.plan.faults.map((planned) => this.inflict(planned)));
    await sleep(boundMs);
    // A process that died does not start without its database.
    await restarted;
    for (const end of ends) await end();
    for (const member of members) member.heal();
    await Promise.all(others);
    this.tell('all is healed');
    // A process that had read what was lost finds out within a bound, and says so. Within another, all others read that.
    const known = performance.now() + 2 * boundMs;
    for (const one of watched) one.excusedUntil = Math.min(one.excusedUntil, known);
    const recoveredIn = await recovery(this.deployment, stays);
    this.tell(`well again after ${recoveredIn.toFixed(0)} ms`);
    await sleep(Math.max(boundMs, known - performance.now()) + 50);
    observer.stop();
    this.tell(JSON.stringify(observer.seen));

    expect(observer.violations).toEqual([]);
    for (const { holder, committedAt } of watched) {
      if (committedAt === undefined) continue;
      expect([holder.jti, await whoAccepts(this.deployment, holder)]).toEqual([holder.jti, []]);
    }
    expect(await whoAccepts(this.deployment, rolledBack)).toHaveLength(members.length);
    expect(recoveredIn).toBeLessThan(RECOVERY_MS);
    return recoveredIn;
  }

  /** Gives what ends it, once its time is over. */
  private async inflict(planned: Plan['faults'][number]): Promise<() => Promise<void>> {
    const { fault, members, afterMs, lengthMs } = planned;
    const { deployment } = this;
    await sleep(afterMs);
    // Some need the database, such as what is sent on its channel.
    await this.unlessRestarted(async () => {
      await Promise.all(members.map((member) => fault.inflict(deployment, member)));
    });
    this.tell(`${fault.name}: ${namesOf(members)} for ${lengthMs} ms`);
    await sleep(lengthMs);
    return async () => {
      await Promise.all(members.map((member) => fault.end?.(deployment, member)));
    };
  }

  private async take(observer: Observer, watched: Watched, index: number): Promise<void> {
    const planned = this.plan.takings[index];
    if (planned === undefined) throw new Error('There is a plan for each account.');
    const { taking, via, afterMs, holdMs } = planned;
    const { side } = this.deployment;
    const { jti } = watched.holder;
    await sleep(afterMs);
    if (!via.isRunning) return;
    const admin = this.deployment.admin(via);
    try {
      if (holdMs === 0) {
        await observer.revoke(watched, () => taking.take({ side, admin }, watched.holder));
      } else {
        const transaction = await side.begin();
        const run = (sql: string) => transaction.run(sql);
        await taking.take({ side: { ...side, run }, admin }, watched.holder);
        await sleep(holdMs);
        await observer.revoke(watched, () => transaction.commit());
      }
      this.tell(`${taking.name} via ${via.name}: ${jti} is committed`);
    } catch (error) {
      // 503, or a process or a server that died: it may be stored or not.
      const said = error instanceof Error ? error.message : String(error);
      this.tell(`${taking.name} via ${via.name}: ${jti} is uncertain: ${said}`);
    }
  }

  /** A change that others see nothing of, and that ends in nothing. */
  private async rollBack(userId: string): Promise<void> {
    await this.unlessRestarted(async () => {
      const transaction = await this.deployment.side.begin();
      await transaction.run(`UPDATE users SET status = 'disabled' WHERE id = '${userId}'`);
      await sleep(this.plan.rollBackAfterMs);
      await transaction.rollback();
    });
  }

  private async loseLog(watched: readonly Watched[]): Promise<void> {
    const { logLoss } = this.plan;
    if (logLoss === undefined) return;
    await sleep(logLoss.afterMs);
    let isLost = false;
    await this.unlessRestarted(async () => {
      isLost = await loseLog(this.deployment.side, logLoss.rows);
    });
    if (!isLost) return;
    // To who had not read so far, the log looks as if these rows had never been.
    const isRewound = logLoss.rows !== 'all';
    for (const one of watched) {
      if (isRewound && one.begunAt !== undefined) one.excusedUntil = Infinity;
    }
    this.tell(`the log has lost ${logLoss.rows} rows`);
  }

  private async restart(): Promise<void> {
    const { server } = this.deployment;
    const { restart } = this.plan;
    if (restart === undefined || server === undefined) return;
    await sleep(restart.afterMs);
    await server.stop(restart.how);
    this.tell(`the database is stopped ${restart.how} for ${restart.lengthMs} ms`);
    await sleep(restart.lengthMs);
    await server.start();
  }

  /** What needs a server that is stopped does not happen; a transaction that dies with it is rolled back. */
  private async unlessRestarted(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.plan.restart === undefined) throw error;
    }
  }

  private tell(what: string): void {
    this.told.push(`${(performance.now() - this.began).toFixed(0).padStart(6)} ms  ${what}`);
  }
}

function namesOf(members: readonly Member[]): string {
  return members.length === 0 ? 'nobody' : members.map(({ name }) => name).join(', ');
}
