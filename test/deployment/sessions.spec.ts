/** The routes of sessions while the database is behind a black hole: they say so, and nothing is left half done. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Answer, Client } from '../sample-app/support/client.js';
import type { Newcomer } from '../sample-app/support/running-app.js';
import { Deployment, describeDeployments } from './support/deployment.js';
import { recovery } from './support/recovery.js';
import { report } from './support/report.js';
import { bound } from './support/sizes.js';
import type { Holder } from './support/tokens.js';

const BOUND_MS = 500;

describeDeployments(['notify', 'redis'], (wakeUp) => {
  let deployment: Deployment;
  let stays: Holder;
  beforeAll(async () => {
    deployment = await Deployment.start({
      wakeUp,
      processes: 2,
      maxStalenessMs: bound(BOUND_MS),
      // Longer than it takes until all is well again.
      env: () => ({ REFRESH_LEEWAY: '60s' }),
    });
    const [holder] = await deployment.mint.accounts(1);
    if (holder === undefined) throw new Error('There is an account.');
    stays = holder;
  });
  afterEach(() => deployment.member(0).heal());
  afterAll(() => deployment.close());

  /** Somebody who is signed in on a device. */
  interface Device {
    readonly client: Client;
    readonly refreshToken: unknown;
  }
  const login = ({ email, password }: Newcomer, device: string) =>
    deployment.member(0).running.nobody.post('/auth/login', { email, password, device });
  const signIn = async (who: Newcomer, device: string): Promise<Device> => {
    const { url } = deployment.member(0).running;
    const { status, body } = await login(who, device);
    expect(status).toBe(200);
    return {
      client: new Client(url, String(body['accessToken']), String(body['sessionId'])),
      refreshToken: body['refreshToken'],
    };
  };
  const refresh = (index: number, refreshToken: unknown) =>
    deployment.member(index).running.nobody.post('/auth/refresh', { refreshToken });
  const everywhereStatus = (path: string, { token }: Pick<Client, 'token'>) =>
    Promise.all(
      deployment.members.map(async ({ running }) => {
        const { status } = await running.nobody.holding(token).get(path);
        return status;
      }),
    );

  it.each(['both', 'toServer', 'toClient'] as const)(
    '%s ways',
    async (direction) => {
      const faulty = deployment.member(0);
      const bob = await faulty.running.newcomer();
      const carol = await faulty.running.newcomer();
      const [laptop, phone, tablet, watch] = [
        await signIn(bob, 'laptop'),
        await signIn(bob, 'phone'),
        await signIn(bob, 'tablet'),
        await signIn(carol, 'watch'),
      ];
      faulty.database.fault('swallow', direction);
      const began = performance.now();
      // Reads the account on an idle connection of the application's own pool, whose deadline is longer than
      // the library's; the others would have taken it.
      const signingIn = direction === 'both' ? login(bob, 'console') : undefined;
      await sleep(50);
      const routes: Readonly<Record<string, Promise<Answer>>> = {
        refresh: refresh(0, laptop.refreshToken),
        sessions: laptop.client.get('/auth/sessions'),
        end: laptop.client.delete(`/auth/sessions/${tablet.client.sessionId}`),
        logout: phone.client.post('/auth/logout'),
        'logout everywhere': watch.client.post('/auth/logout-all', {}),
        ...(signingIn && { login: signingIn }),
      };
      const answers = await Promise.all(
        Object.entries(routes).map(async ([route, answer]) => `${route} ${(await answer).status}`),
      );
      report(
        `${wakeUp}, database swallowed ${direction}: ${answers.join(', ')} after ${(performance.now() - began).toFixed(0)} ms`,
      );
      // What cannot be read or stored is neither refused nor said to be done.
      expect(answers).toEqual(Object.keys(routes).map((route) => `${route} 503`));
      // The other process goes on, and whatever may have been committed is in force there.
      const elsewhere = await refresh(1, laptop.refreshToken);
      expect(elsewhere.status).toBe(200);

      faulty.heal();
      await recovery(deployment, stays);
      // The refresh token was used, here or there or both: the successor is the same.
      const again = await refresh(0, laptop.refreshToken);
      expect(again.body['refreshToken']).toBe(elsewhere.body['refreshToken']);
      // Asked once more, all of it is done, whether or not it had been.
      expect([204, 404]).toContain(
        (await laptop.client.delete(`/auth/sessions/${tablet.client.sessionId}`)).status,
      );
      expect([204, 401]).toContain((await phone.client.post('/auth/logout')).status);
      expect([204, 401]).toContain((await watch.client.post('/auth/logout-all', {})).status);
      await sleep(deployment.boundMs + 100);
      for (const { client, refreshToken } of [tablet, phone, watch]) {
        expect(await everywhereStatus('/me', client)).toEqual([401, 401]);
        expect((await refresh(1, refreshToken)).status).toBe(401);
      }
      expect(await everywhereStatus('/me', laptop.client)).toEqual([200, 200]);
      const { items } = await laptop.client.get('/auth/sessions');
      expect(items.map(({ device }) => device)).toContain('laptop');
      expect(items.map(({ device }) => device)).not.toContain('phone');
    },
    90_000,
  );
});
