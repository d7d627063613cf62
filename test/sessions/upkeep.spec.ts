/** What the library does by itself to keep the table of sessions small, and sessions alive. */
import { afterEach, expect, it, vi } from 'vitest';
import { codeOf, type SessionApp, startSessionApp } from './support/session-app.js';
import { WAIT_LIMIT_MS } from '../support/wait-limit.js';

const DAY = 86_400_000;

let app: SessionApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
  vi.useRealTimers();
});

it('sessions that ended long ago are deleted regularly, until shutdown', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  app = await startSessionApp();
  const { row, sessions, age, newcomer } = app;
  const [old, alive] = [await newcomer(), await newcomer()];
  await sessions.end(old.pair.sessionId);
  await age(old.pair.sessionId, 31 * DAY);
  vi.advanceTimersByTime(40_000);
  expect(await row(old.pair.sessionId)).not.toEqual({});
  vi.advanceTimersByTime(40_000);
  await vi.waitFor(async () => expect(await row(old.pair.sessionId)).toEqual({}), WAIT_LIMIT_MS);
  expect(await codeOf(sessions.refresh(alive.pair.refreshToken))).toBe('accepted');
  await app.close();
  app = undefined;
  expect(vi.getTimerCount()).toBe(0);
});

it('renewals keep a session alive even if its idle time is shorter than the interval of writes', async () => {
  app = await startSessionApp({ auth: { renewal: {} }, sessions: { idleTtl: '30s' } });
  const { pair } = await app.newcomer();
  const { sessionId, accessToken } = pair;
  await app.age(sessionId, 20_000);
  const before = Number((await app.row(sessionId))['idle_expires_at']);
  expect(await app.auth.renew(await app.auth.authenticate(accessToken))).toBeDefined();
  const after = Number((await app.row(sessionId))['idle_expires_at']);
  expect(after - before).toBeGreaterThanOrEqual(20_000);
});
