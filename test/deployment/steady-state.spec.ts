/** In steady state a request costs no query, by the database's own counters. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Deployment, describeDeployments, type WakeUpKind } from './support/deployment.js';
import { load, statuses } from './support/load.js';
import { report } from './support/report.js';
import { bound, sized } from './support/sizes.js';

const REQUESTS = sized(5_000, 1_000);
const WINDOW_MS = sized(8_000, 3_000);
/** PostgreSQL's sessions report what they did once they have been idle for ten seconds at the latest. */
const REPORT_MS = sized(11_000, 1_500);

/** A number that others spoil is taken anew. */
const ATTEMPTS = 3;
/** A machine that is too busy to read the log within the bound is in no steady state. */
const BOUND_MS = 5_000;

/** The tail polls, and its beat may fall differently into two windows. */
const isNothing = (cost: number) => Math.abs(cost) < Math.max(20, REQUESTS / 20);

describeDeployments(['notify', 'redis'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    const options = { wakeUp, processes: 2, maxStalenessMs: bound(BOUND_MS) };
    // MariaDB's counter is for all who use the server.
    deployment = await Deployment.start({ ...options, ownServer: true });
  });
  afterAll(() => deployment.close());

  it(`${REQUESTS} requests of ten accounts cost the database no more than none`, async () => {
    const { members, mint } = deployment;
    const holders = await mint.accounts(10);
    // Whatever the new accounts gave to read has been read.
    await sleep(2_000);
    const costs: number[] = [];
    for (let attempt = 0; attempt < ATTEMPTS && !costs.some(isNothing); attempt++) {
      const idle = await statementsIn(deployment, wakeUp, () => sleep(WINDOW_MS));
      const loaded = await statementsIn(deployment, wakeUp, async () => {
        const until = sleep(WINDOW_MS);
        const replies = await load(REQUESTS, 20, (index) => ({
          url: deployment.member(index % members.length).url,
          token: holders[index % holders.length]?.token ?? '',
        }));
        expect(statuses(replies)).toEqual({ 200: REQUESTS });
        await until;
      });
      costs.push(loaded.counted - idle.counted * Math.max(1, loaded.ms / idle.ms));
      report(
        `${wakeUp}: ${idle.counted} statements in ${WINDOW_MS} ms without a request, ${loaded.counted} with ${REQUESTS}; ${idle.bytes} and ${loaded.bytes} bytes were sent`,
      );
      // A slow machine takes longer for it, and polls meanwhile.
      const longer = Math.max(1, loaded.ms / idle.ms);
      expect(loaded.bytes).toBeLessThan(idle.bytes * longer * 1.3 + REQUESTS * 10);
    }
    expect(costs.filter(isNothing), costs.join(', ')).toHaveLength(1);
  }, 300_000);
});

/** Statements that the database counted meanwhile, and bytes that the processes sent to it. */
async function statementsIn(
  { side, members }: Deployment,
  wakeUp: WakeUpKind,
  work: () => Promise<unknown>,
): Promise<{ readonly counted: number; readonly bytes: number; readonly ms: number }> {
  const read = async () => {
    await sleep(wakeUp === 'notify' ? REPORT_MS : 0);
    const [row] = await side.rows(
      wakeUp === 'notify'
        ? `SELECT xact_commit + xact_rollback AS counted FROM pg_stat_database WHERE datname = current_database()`
        : `SELECT variable_value AS counted FROM information_schema.global_status WHERE variable_name = 'QUESTIONS'`,
    );
    const bytes = members.reduce((sum, { database }) => sum + database.bytesToServer, 0);
    return { counted: Number(row?.['counted']), bytes, ms: performance.now() };
  };
  const before = await read();
  await work();
  const after = await read();
  return {
    counted: after.counted - before.counted,
    bytes: after.bytes - before.bytes,
    ms: after.ms - before.ms,
  };
}
