import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, expectRefusal } from '../support/client.js';
import type { RunningApp } from '../support/running-app.js';
import { describeOnEachDatabase } from '../support/targets.js';

/** Guessing passwords. */
describeOnEachDatabase((target) => {
  describe('an account', () => {
    let app: RunningApp;
    const attempt = (email: string, password = 'a wrong password') =>
      app.nobody.post('/auth/login', { email, password });

    beforeAll(async () => {
      app = await target.start({ LOGIN_LIMIT_PER_EMAIL: '3' });
    });
    afterAll(() => app.close());

    it('an unknown e-mail, a wrong password and a disabled account get the same answer', async () => {
      const admin = await app.as('admin');
      const { id, email, password } = await app.newcomer();
      await admin.patch(`/admin/users/${id}`, { status: 'disabled' });
      const answers = [
        await attempt('nobody@example.com'),
        await attempt('alice@example.com'),
        await attempt(email, password),
      ];
      for (const answer of answers) {
        expectRefusal(answer, 401, 'invalid_credentials');
        expect(answer.text).toBe(answers[0]?.text);
      }
      // One more right password, so that this test leaves alice's count at nothing.
      await app.as('alice');
    });

    it('guesses made at the same moment are counted one by one; then even the right password waits', async () => {
      const { email, password } = await app.newcomer();
      const answers = await Promise.all(Array.from({ length: 7 }, () => attempt(email)));
      const refused = answers.filter(({ status }) => status === 401);
      expect(refused).toHaveLength(3);
      for (const answer of answers) {
        if (answer.status !== 401) expectTooMany(answer);
      }
      expectTooMany(await attempt(email, password));
      const admin = await app.as('admin');
      const { items } = await admin.get('/admin/events?limit=500');
      const told = items.filter(({ reason }) => reason === 'rate_limited');
      expect(told).toHaveLength(1);
    });

    it('a right password forgets the wrong ones before it', async () => {
      const { email, password } = await app.newcomer();
      for (let round = 0; round < 2; round++) {
        for (let guess = 0; guess < 2; guess++) await attempt(email);
        expect((await attempt(email, password)).status).toBe(200);
      }
    });
  });

  it('an address that tries many accounts is stopped, and none of them is locked', async () => {
    const app = await target.start({ LOGIN_LIMIT_PER_EMAIL: '2', LOGIN_LIMIT_PER_ADDRESS: '4' });
    try {
      const guess = (email: string) =>
        app.nobody.post('/auth/login', { email, password: 'a wrong password' });
      for (let victim = 0; victim < 4; victim++) {
        expectRefusal(await guess(`victim-${victim}@example.com`), 401, 'invalid_credentials');
      }
      for (let more = 0; more < 4; more++) expectTooMany(await guess('alice@example.com'));
      const credentials = { email: 'alice@example.com', password: 'alice-password' };
      expectTooMany(await app.nobody.post('/auth/login', credentials));
      expect(await loginFrom('127.0.0.2', app.url, credentials)).toBe(200);
    } finally {
      await app.close();
    }
  });
});

/** The status of a login that comes from another address of this machine. */
async function loginFrom(localAddress: string, url: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const login = request(`${url}/auth/login`, { method: 'POST', localAddress, headers });
  const answered = once(login, 'response');
  login.end(JSON.stringify(body));
  const [response]: IncomingMessage[] = await answered;
  response?.resume();
  return response?.statusCode ?? 0;
}

function expectTooMany(answer: Answer): void {
  expectRefusal(answer, 429, 'too_many_attempts');
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeLessThanOrEqual(15 * 60);
}
