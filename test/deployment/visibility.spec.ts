/** How long it takes until the other processes refuse what one took away, and that a bound holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Deployment, describeDeployments } from './support/deployment.js';
import { each } from './support/load.js';
import { report } from './support/report.js';
import { type Visibility, visibility, whoAccepts } from './support/recovery.js';
import { bound, sized } from './support/sizes.js';

const REVOKES = sized(2_000, 150);
const BOUND_MS = 500;
const AT_ONCE = 10;

describeDeployments(['redis'], (wakeUp) => {
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

  it('visibility=everywhere answers once no process accepts it: in milliseconds when all are well', async () => {
    const { mint, boundMs } = deployment;
    const admin = deployment.admin(deployment.member(0));
    const [first, second, third] = await mint.accounts(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('3');
    const token = mint.token();
    const asked = performance.now();
    for (const [holder, answer] of [
      [token, () => admin.post('/admin/tokens/revoke?visibility=everywhere', { jti: token.jti })],
      [first, () => admin.post(`/admin/users/${first.userId}/logout?visibility=everywhere`, {})],
      [second, () => admin.delete(`/admin/users/${second.userId}?visibility=everywhere`)],
      [
        third,
        () =>
          admin.patch(`/admin/users/${third.userId}?visibility=everywhere`, { status: 'disabled' }),
      ],
    ] as const) {
      const { status } = await answer();
      expect([200, 204]).toContain(status);
      expect(await whoAccepts(deployment, holder)).toEqual([]);
    }
    const took = performance.now() - asked;
    report(`${wakeUp}: four times everywhere took ${took.toFixed(0)} ms`);
    // Without hints, the others look once in a while.
    if (wakeUp !== 'poll') expect(took).toBeLessThan(Math.max(boundMs, 500));
  }, 30_000);

  it('visibility=everywhere waits the bound out for a process that cannot say so', async () => {
    const { mint } = deployment;
    const admin = deployment.admin(deployment.member(0));
    const [deaf] = [deployment.member(1)];
    const [gone, cutOff] = [mint.token(), mint.token()];
    deaf.database.fault('hold');
    const { status } = await admin.post('/admin/tokens/revoke?visibility=everywhere', {
      jti: cutOff.jti,
    });
    expect(status).toBe(204);
    expect((await whoAccepts(deployment, cutOff)).filter((said) => said.endsWith('200'))).toEqual(
      [],
    );
    deaf.heal();
    await sleep(500);

    await deaf.stop('SIGKILL');
    const answer = await admin.post('/admin/tokens/revoke?visibility=everywhere', {
      jti: gone.jti,
    });
    expect(answer.status).toBe(204);
    await deaf.start();
    expect(await whoAccepts(deployment, gone)).toEqual([]);
  }, 60_000);
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
