/** `visibility=everywhere`: the answer comes when no process lets in what was taken away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer, Client } from '../sample-app/support/client.js';
import { Deployment, describeDeployments, type Member } from './support/deployment.js';
import { recovery, whoAccepts } from './support/recovery.js';
import { report } from './support/report.js';
import { bound } from './support/sizes.js';
import type { Holder } from './support/tokens.js';

/** Far longer than acknowledgements take on a busy machine. */
const BOUND_MS = 3_000;

/** Every route of the admin's that takes something away. */
const ROUTES: Readonly<Record<string, (admin: Client, holder: Holder) => Promise<Answer>>> = {
  'a token': (admin, { jti }) => admin.post('/admin/tokens/revoke?visibility=everywhere', { jti }),
  'the user logged out': (admin, { userId }) =>
    admin.post(`/admin/users/${userId}/logout?visibility=everywhere`, {}),
  'the user disabled': (admin, { userId }) =>
    admin.patch(`/admin/users/${userId}?visibility=everywhere`, { status: 'disabled' }),
  'the user deleted': (admin, { userId }) =>
    admin.delete(`/admin/users/${userId}?visibility=everywhere`),
  'the subject replaced': (admin, { userId }) =>
    admin.post(`/admin/users/${userId}/reset-subject?visibility=everywhere`, {
      newPassword: 'a fresh password',
    }),
};
/** Whose answer ends the admin's own token too, and every one that the mint could still make. */
const FOR_ALL = '/admin/revoke-all?visibility=everywhere';

describeDeployments(['notify'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    const options = { wakeUp, processes: 3, maxStalenessMs: bound(BOUND_MS) };
    deployment = await Deployment.start(options);
  });
  afterAll(() => deployment.close());

  /** Takes it away everywhere by the first process; gives how long that took, in milliseconds. */
  const takeAway = async (route: string, holder: Holder): Promise<number> => {
    const began = performance.now();
    const answer = await ROUTES[route]?.(deployment.admin(deployment.member(0)), holder);
    expect([200, 204]).toContain(answer?.status);
    return performance.now() - began;
  };
  const tokens = async (count: number) => {
    const holders = await deployment.mint.accounts(count);
    for (const holder of holders) expect(await whoAccepts(deployment, holder)).toHaveLength(3);
    return holders;
  };

  it('takes milliseconds when every process can answer', async () => {
    const holders = await tokens(Object.keys(ROUTES).length);
    const took: string[] = [];
    for (const [index, route] of Object.keys(ROUTES).entries()) {
      const holder = holders[index];
      if (holder === undefined) throw new Error('There is one for each.');
      const ms = await takeAway(route, holder);
      expect(await whoAccepts(deployment, holder)).toEqual([]);
      took.push(`${route} ${ms.toFixed(0)} ms`);
      // By answers, and not by waiting out the bound.
      expect(ms).toBeLessThan(BOUND_MS);
    }
    report(`${wakeUp}: everywhere, ${took.join(', ')}`);
  }, 30_000);

  it.each([
    ['stopped', (deaf) => deaf.pause(), (deaf) => deaf.resume()],
    ['cut off from the database', (deaf) => deaf.database.fault('hold'), (deaf) => deaf.heal()],
    ['dead', async (deaf) => void (await deaf.stop('SIGKILL')), (deaf) => deaf.start()],
  ] satisfies [string, Doing, Doing][])(
    'waits the bound out for a process that is %s, once',
    async (name, fault, heal) => {
      const deaf = deployment.member(2);
      const [first, second] = await tokens(2);
      if (first === undefined || second === undefined) throw new Error('There are two.');
      // One that has not come back from the last fault accepts as well: strictly, and nobody waits for it.
      await recovery(deployment, first);
      await fault(deaf);
      const waited = await takeAway('the user disabled', first);
      // Given up now; once its bound has passed again it trusts nothing that it reads, and nobody waits.
      await sleep(deployment.boundMs * 1.1);
      const after = await takeAway('the user logged out', second);
      report(
        `${wakeUp}: everywhere took ${waited.toFixed(0)} ms and then ${after.toFixed(0)} ms with a process that is ${name}`,
      );
      await heal(deaf);
      for (const holder of [first, second]) {
        const accepting = await whoAccepts(deployment, holder);
        expect(accepting.filter((said) => said.endsWith('200'))).toEqual([]);
      }
      if (deployment.boundMs === 0) return;
      expect(waited).toBeGreaterThan(BOUND_MS);
      expect(after).toBeLessThan(BOUND_MS);
    },
    60_000,
  );

  // The last: nobody has a token after it.
  it('ends everybody’s, as soon as every process can answer', async () => {
    const holders = await tokens(2);
    const answer = await deployment.admin(deployment.member(0)).post(FOR_ALL, {});
    expect(answer.status, answer.text).toBe(204);
    for (const holder of holders) expect(await whoAccepts(deployment, holder)).toEqual([]);
  });
});

type Doing = (member: Member) => void | Promise<void>;
