/** What a process has revoked, itself lets in no more: from the answer on, without a bound. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../sample-app/support/client.js';
import { Deployment, describeDeployments } from './support/deployment.js';
import { type Reply, whoami } from './support/http.js';
import { each, statuses } from './support/load.js';
import { Observer } from './support/observer.js';
import { report } from './support/report.js';
import { bound, sized } from './support/sizes.js';
import type { Holder } from './support/tokens.js';

const REVOKES = sized(1_000, 100);
const AT_ONCE = 8;

describeDeployments(['notify'], (wakeUp) => {
  let deployment: Deployment;
  let observer: Observer;
  beforeAll(async () => {
    deployment = await Deployment.start({ wakeUp, processes: 1, maxStalenessMs: bound(1_000) });
  });
  afterAll(async () => {
    observer.stop();
    await deployment.close();
  });

  it(`none is accepted after ${REVOKES} revocations under load`, async () => {
    const { mint, members } = deployment;
    const [member] = members;
    if (member === undefined) throw new Error('There is one process.');
    const admin = deployment.admin(member);
    const quarter = REVOKES / 4;
    const accounts = await mint.accounts(quarter * 2);
    const ways: readonly ((holder: Holder) => Promise<Answer>)[] = [
      ({ jti }) => admin.post('/admin/tokens/revoke', { jti }),
      ({ token }) => admin.holding(token).post('/auth/logout'),
      ({ userId }) => admin.post(`/admin/users/${userId}/logout`, {}),
      ({ userId }) => admin.patch(`/admin/users/${userId}`, { status: 'disabled' }),
    ];
    // Tokens that nobody takes away keep the process busy, and are let in all the while.
    observer = new Observer(members, 0, 5);
    for (let index = 0; index < 4; index++) observer.watch(mint.token());
    const after: Reply[] = [];
    await each(Array.from({ length: REVOKES }), AT_ONCE, async (_, index) => {
      const way = index % ways.length;
      const holder = way < 2 ? mint.token() : accounts[Math.floor(index / 4) * 2 + way - 2];
      if (holder === undefined) throw new Error('There is an account for each.');
      expect((await whoami(member.url, holder.token)).status).toBe(200);
      const answer = await ways[way]?.(holder);
      expect([200, 204]).toContain(answer?.status);
      const asked = Array.from({ length: 3 }, () => whoami(member.url, holder.token));
      after.push(...(await Promise.all(asked)));
    });
    report(`${wakeUp}: ${observer.seen.accepted} requests were let in meanwhile`);
    expect(statuses(after)).toEqual({ 401: REVOKES * 3 });
    expect(observer.violations).toEqual([]);
    expect(observer.seen.accepted).toBeGreaterThan(REVOKES);
  }, 240_000);
});
