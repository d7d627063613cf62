/** `expiresIn` never promises more than `exp` gives, in whichever millisecond of a second a token is issued. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { IssuedToken } from 'nestjs-revocable-jwt';
import { type SessionApp, startSessionApp } from '../sessions/support/session-app.js';
import { aged, claimsOf } from '../support/tokens.js';

let app: SessionApp;
beforeAll(async () => {
  const jwt = { from: { header: true, cookie: '__Host-access' }, accessTokenTtl: '5m' } as const;
  const cookies = { refresh: '__Secure-refresh', refreshPath: '/r' };
  app = await startSessionApp({ jwt, auth: { cookies, renewal: { maxAge: '1h' } } });
});
afterAll(() => app.close());

/** Issues tokens in different parts of a second, and compares what each promises with what it gives. */
async function eachOf(issue: () => Promise<IssuedToken | undefined>): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await sleep(170);
    const before = Date.now() / 1000;
    const token = await issue();
    if (token === undefined) throw new Error('No token was issued.');
    const { exp } = claimsOf(token.accessToken);
    expect(token.expiresAt.getTime()).toBe(Number(exp) * 1000);
    expect(before + token.expiresIn).toBeLessThanOrEqual(Number(exp));
    // Nor less than it must.
    expect(Date.now() / 1000 + token.expiresIn).toBeGreaterThan(Number(exp) - 1);
    for (const cookie of app.auth.cookiesFor(token)) {
      const seconds = Number(/; Max-Age=(\d+);/.exec(cookie)?.[1]);
      const end = cookie.startsWith('__Host-') ? token.expiresAt : token.refreshExpiresAt;
      expect(before + seconds).toBeLessThanOrEqual(Number(end) / 1000);
    }
  }
}

it('at a sign-in', async () => {
  const person = await app.addPerson();
  await eachOf(() => app.auth.signIn(person));
});

it('at a refresh', async () => {
  let { refreshToken } = (await app.newcomer()).pair;
  await eachOf(async () => {
    const pair = await app.sessions.refresh(refreshToken);
    ({ refreshToken } = pair);
    return pair;
  });
});

it('at a renewal, and when a session is reissued', async () => {
  const { pair } = await app.newcomer();
  const principal = await app.auth.authenticate(aged(pair.accessToken, app.options, 200));
  await eachOf(() => app.auth.renew(principal));
  await eachOf(() => app.sessions.reissue(principal));
});

it('at most one second for a life that ends within the second', async () => {
  const { pair } = await app.newcomer();
  await app.dataSource.query(
    `UPDATE auth_session SET expires_at = (unixepoch() + 2) * 1000 WHERE id = '${pair.sessionId}'`,
  );
  const last = await app.sessions.refresh(pair.refreshToken);
  expect(last.expiresIn).toBeLessThanOrEqual(1);
  expect(last.expiresIn).toBeGreaterThanOrEqual(0);
});
