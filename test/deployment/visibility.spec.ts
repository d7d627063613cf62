/** How long it takes until the other processes refuse what one took away, and that a bound holds. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Deployment, describeDeployments } from './support/deployment.js';
import { each } from './support/load.js';
import { report } from './support/report.js';
import { type Visibility, visibility } from './support/recovery.js';
import { bound, sized } from './support/sizes.js';

const REVOKES = sized(2_000, 150);
const BOUND_MS = 500;
const AT_ONCE = 10;

describeDeployments(['notify', 'redis', 'poll'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    const options = { wakeUp, processes: 2, maxStalenessMs: bound(BOUND_MS) };
    deployment = await Deployment.start(options);
  });
  afterAll(() => deployment.close());

  it(`${REVOKES} revocations: all are in force elsewhere within the bound`, async () => {
    const { mint, side, boundMs } = deployment;
    const [by, other] = [deployment.member(0), deployment.member(1)];
    const admin = deployment.admin(by);
    const accounts = await mint.accounts(REVOKES / 2);
    const seen: Visibility[] = [];
    await each(Array.from({ length: REVOKES }), AT_ONCE, async (_, index) => {
      const holder = index % 2 === 0 ? mint.token() : accounts[(index - 1) / 2];
      if (holder === undefined) throw new Error('There is an account for each.');
      // Half of them by the library, half of them past it.
      if (index % 2 === 0) {
        const { status } = await admin.post('/admin/tokens/revoke', { jti: holder.jti });
        expect(status).toBe(204);
      } else {
        await side.run(`UPDATE users SET status = 'disabled' WHERE id = '${holder.userId}'`);
      }
      seen.push(await visibility(other, holder, performance.now()));
    });
    report(`${wakeUp}: ${histogram(seen.map(({ refused }) => refused))}`);
    expect(seen).toHaveLength(REVOKES);
    expect(Math.max(...seen.map(({ accepted }) => accepted))).toBeLessThanOrEqual(boundMs);
  }, 240_000);
});

/** How many are below which time, in milliseconds. */
function histogram(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  const shares = [0.5, 0.9, 0.99, 1].map(
    (share) => `${share * 100} % within ${at(share).toFixed(1)}`,
  );
  const edges = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, Infinity];
  const bars = edges.map((edge, index) => {
    const from = edges[index - 1] ?? -1;
    return `≤${edge}: ${times.filter((time) => time > from && time <= edge).length}`;
  });
  return `${shares.join(', ')} ms; ${bars.join(', ')}`;
}
