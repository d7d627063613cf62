/** Clocks that lie: a machine that is suspended, a wall clock that is set while the process runs or stands still. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLOCKS } from './support/clocks.js';
import { Deployment, describeDeployments } from './support/deployment.js';
import { Observer } from './support/observer.js';
import { recovery, whoAccepts } from './support/recovery.js';
import { report } from './support/report.js';
import { bound, sized } from './support/sizes.js';

const BOUND_MS = 500;
const ROUNDS = sized(10, 2);
/** Longer than a process of `clocks.mjs` takes for a pause. */
const PAUSE_MS = 2_500;

describeDeployments(['notify'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    const options = { wakeUp, processes: CLOCKS.length, maxStalenessMs: bound(BOUND_MS) };
    deployment = await Deployment.start({ ...options, env: (index) => CLOCKS[index] ?? {} });
  });
  afterAll(() => deployment.close());

  it('machines that are suspended, and wall clocks that are set back meanwhile', async () => {
    const { mint, side, members, boundMs } = deployment;
    const sleepers = members.slice(1);
    for (let round = 0; round < ROUNDS; round++) {
      const [stays, disabled] = await mint.accounts(2);
      if (stays === undefined || disabled === undefined) throw new Error('There are two.');
      const observer = new Observer(members, boundMs, 10);
      observer.watch(stays);
      const watched = observer.watch(disabled);
      // Asleep in the middle of their work, at another moment of the reading of the log each time.
      await sleep(300 + round * 7);
      for (const member of sleepers) member.pause();
      await observer.revoke(watched, () =>
        side.run(`UPDATE users SET status = 'disabled' WHERE id = '${disabled.userId}'`),
      );
      await sleep(PAUSE_MS);
      for (const member of sleepers) member.resume();
      const recoveredIn = await recovery(deployment, stays);
      observer.stop();
      report(
        `${wakeUp}, clocks that left ${PAUSE_MS} ms out: well again after ${recoveredIn.toFixed(0)} ms`,
      );
      expect(observer.violations).toEqual([]);
      expect(await whoAccepts(deployment, disabled)).toEqual([]);
    }
  }, 120_000);

  it('a wall clock that is set while the process runs', async () => {
    const { mint, side, members, boundMs } = deployment;
    const [stays, ...accounts] = await mint.accounts(5);
    if (stays === undefined) throw new Error('There is an account.');
    const observer = new Observer(members, boundMs, 10);
    observer.watch(stays);
    await sleep(200);
    for (const holder of accounts) {
      const watched = observer.watch(holder);
      for (const member of members) member.stepClock();
      await observer.revoke(watched, () =>
        side.run(`UPDATE users SET status = 'disabled' WHERE id = '${holder.userId}'`),
      );
      await sleep(boundMs + 100);
      expect(await whoAccepts(deployment, holder)).toEqual([]);
    }
    await recovery(deployment, stays);
    observer.stop();
    expect(observer.violations).toEqual([]);
  }, 60_000);
});
