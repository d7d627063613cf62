/** A database server that is restarted, and one that is killed: nothing that was committed is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, type WakeUpKind } from './support/deployment.js';
import { each } from './support/load.js';
import { Observer } from './support/observer.js';
import { canServe } from '../support/own-server.js';
import { recovery, whoAccepts } from './support/recovery.js';
import { report } from './support/report.js';
import { bound, sized } from './support/sizes.js';
import { TAKINGS } from './support/takings.js';

const BOUND_MS = 500;
const RECOVERY_MS = 10_000;
const ROUNDS = sized(5, 1);
const SERVERS = { postgres: 'notify', mariadb: 'poll' } as const satisfies Record<
  string,
  WakeUpKind
>;

describe.each(['postgres', 'mariadb'] as const)('%s', (kind) => {
  describe.skipIf(!canServe(kind))('with its programs on this machine', () => {
    let deployment: Deployment;
    beforeAll(async () => {
      deployment = await Deployment.start({
        wakeUp: SERVERS[kind],
        processes: 2,
        maxStalenessMs: bound(BOUND_MS),
        ownServer: true,
      });
    });
    afterAll(() => deployment.close());

    it.each(['in order', 'at once'] as const)(
      'is stopped %s and started again',
      async (how) => {
        const { mint, side, members, boundMs } = deployment;
        for (let round = 0; round < ROUNDS; round++) {
          const [stays, ...accounts] = await mint.accounts(TAKINGS.length + 1);
          if (stays === undefined) throw new Error('There is an account.');
          const observer = new Observer(members, boundMs, 20);
          observer.watch(stays);
          const watched = accounts.map((holder) => observer.watch(holder));
          await sleep(200);
          const taker = { side, admin: deployment.admin(deployment.member(0)) };
          const take = async (first: number, end: number) =>
            each(watched.slice(first, end), 3, (one, index) =>
              observer.revoke(one, async () => TAKINGS[first + index]?.take(taker, one.holder)),
            );
          // The server ends at the very moment when the last of these is committed.
          await take(0, 7);
          await deployment.server?.stop(how);
          await sleep(boundMs * 2);
          await deployment.server?.start();
          const recoveredIn = await recovery(deployment, stays);
          await take(7, TAKINGS.length);
          await sleep(boundMs);
          observer.stop();
          report(
            `${kind} stopped ${how}: well again after ${recoveredIn.toFixed(0)} ms, ${JSON.stringify(observer.seen)}`,
          );
          expect(observer.violations).toEqual([]);
          expect(observer.seen.unavailable).toBeGreaterThan(0);
          for (const { holder } of watched)
            expect(await whoAccepts(deployment, holder)).toEqual([]);
          expect(await whoAccepts(deployment, stays)).toHaveLength(members.length);
          expect(recoveredIn).toBeLessThan(RECOVERY_MS);
        }
      },
      30_000 + ROUNDS * 20_000,
    );
  });
});
