/** Each fault on its own: nothing is accepted late, nothing is lost, and all is well again by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOCKS } from './support/clocks.js';
import {
  Deployment,
  describeDeployments,
  type Member,
  type WakeUpKind,
} from './support/deployment.js';
import { faultsOn, type FaultKind } from './support/faults.js';
import { Observer } from './support/observer.js';
import { report } from './support/report.js';
import { recovery, visibility, whoAccepts } from './support/recovery.js';
import { bound, isFull, sized } from './support/sizes.js';
import { TAKINGS } from './support/takings.js';
import { expectWokenSince, lastWakeUps } from './support/wake-ups.js';

const BOUND_MS = 500;
/** Those of the short form, which have little in common. */
const FEW: Readonly<Record<WakeUpKind, readonly string[]>> = {
  notify: [
    'wake-up link black-holed',
    'wake-up link sends what no server would',
    'database black-holed',
  ],
  redis: ['wake-up link black-holed'],
  poll: [
    'database away, as when it restarts',
    'database black-holed',
    'process stopped and resumed',
  ],
};
/** Of one process, about one fault. */
const MOST_WARNINGS = 8;
/** Recovery needs no restart, and no more than this. */
const RECOVERY_MS = 10_000;

describeDeployments(['notify', 'redis', 'poll'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.start({
      wakeUp,
      processes: sized(3, 2),
      maxStalenessMs: bound(BOUND_MS),
      env: (index) => CLOCKS[index] ?? {},
    });
  });
  afterAll(() => deployment.close());

  describe.each(chosen(wakeUp))('$name', (fault) => {
    it('is survived', () => survive(deployment, fault), 60_000);
  });
});

/** All of them, or a few. */
function chosen(wakeUp: WakeUpKind): readonly FaultKind[] {
  return faultsOn(wakeUp).filter(({ name }) => isFull || FEW[wakeUp].includes(name));
}

async function survive(deployment: Deployment, fault: FaultKind): Promise<void> {
  const { mint, side, members, boundMs } = deployment;
  const [healthy, ...faulty] = members;
  if (healthy === undefined) throw new Error('A deployment has a process.');
  const [stays, ...accounts] = await mint.accounts(TAKINGS.length + 1);
  if (stays === undefined) throw new Error('There is an account.');
  const observer = new Observer(members, boundMs, 30);
  observer.watch(stays);
  const watched = accounts.map((holder) => observer.watch(holder));
  await sleep(200);
  const warned = members.map((member) => warningsOf(member));

  const woken = fault.wakesUp && boundMs > 0 ? await lastWakeUps(faulty) : undefined;
  for (const member of faulty) await fault.inflict(deployment, member);
  if (woken !== undefined) await expectWokenSince(faulty, woken);
  const taker = { side, admin: deployment.admin(healthy) };
  for (const [index, taking] of TAKINGS.entries()) {
    const one = watched[index];
    if (one === undefined) throw new Error('There is an account for each.');
    await observer.revoke(one, () => taking.take(taker, one.holder));
    await sleep(boundMs / 10);
  }
  await sleep(boundMs * 1.5 + 200);
  for (const member of faulty) {
    await fault.end?.(deployment, member);
    member.heal();
  }
  const recoveredIn = await recovery(deployment, stays);
  await sleep(boundMs);
  observer.stop();
  report(
    `${deployment.options.wakeUp}, ${fault.name}: well again after ${recoveredIn.toFixed(0)} ms, ${JSON.stringify(observer.seen)}`,
  );

  expect(observer.violations).toEqual([]);
  for (const { holder } of watched) expect(await whoAccepts(deployment, holder)).toEqual([]);
  expect(await whoAccepts(deployment, stays)).toHaveLength(members.length);
  expect(recoveredIn).toBeLessThan(RECOVERY_MS);
  // Once for each thing that went wrong, and not for each of hundreds of requests.
  for (const [index, member] of members.entries()) {
    expect(warningsOf(member) - (warned[index] ?? 0)).toBeLessThan(MOST_WARNINGS);
  }
  if (fault.on !== undefined && boundMs > 0) await expectHints(deployment);
}

function warningsOf({ running }: Member): number {
  return running.output.stdout.split(' WARN ').length + running.output.stderr.split('ERROR').length;
}

/** Hints come again: a revocation is in force on every process long before the bound. */
async function expectHints(deployment: Deployment): Promise<void> {
  const { mint, members, boundMs } = deployment;
  const admin = deployment.admin(deployment.member(0));
  const deadline = performance.now() + 15_000;
  for (;;) {
    const holder = mint.token();
    // By a process: Redis hears of what processes do, and of nothing else.
    await admin.post('/admin/tokens/revoke', { jti: holder.jti });
    const committedAt = performance.now();
    const seen = await Promise.all(
      members.map((member) => visibility(member, holder, committedAt)),
    );
    const times = seen.map(({ refused }) => refused);
    if (Math.max(...times) <= boundMs / 5) return;
    if (performance.now() > deadline) throw new Error(`Nobody is woken up: ${times.join(', ')} ms`);
  }
}
