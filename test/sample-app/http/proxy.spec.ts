/** Behind reverse proxies: whose address login limits and the list of sessions see. */
import { expect, it } from 'vitest';
import { type Answer, send } from '../../support/http.js';
import { describeOnAdapters } from '../support/targets.js';

const ALICE = { email: 'alice@example.com', password: 'alice-password' };

describeOnAdapters((target) => {
  it.each([
    ['no proxy is trusted', undefined, '203.0.113.7', '127.0.0.1'],
    ['the number says none', '0', '203.0.113.7', '127.0.0.1'],
    ['one is', '1', '203.0.113.7', '203.0.113.7'],
    ['what a client adds in front counts for nothing', '1', '6.6.6.6, 203.0.113.7', '203.0.113.7'],
    ['two are', '2', '6.6.6.6, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
    ['one is, by its network', '10.0.0.0/8, loopback', '6.6.6.6, 203.0.113.7', '203.0.113.7'],
    ['all on the way are', '10.0.0.0/8,127.0.0.1', '203.0.113.7, 10.0.0.1', '203.0.113.7'],
    ['another one is', '10.0.0.1', '203.0.113.7', '127.0.0.1'],
  ])('%s: TRUST_PROXY=%s', async (_, trusted, forwarded, expected) => {
    const app = await target.start(trusted === undefined ? {} : { TRUST_PROXY: trusted });
    try {
      const headers = { 'x-forwarded-for': forwarded };
      const login = { method: 'POST', json: ALICE, headers };
      const { body } = await send(`${app.url}/auth/login`, login);
      const token: string = body.accessToken;
      const list = await send(`${app.url}/auth/sessions`, { token, headers });
      expect(list.body).toMatchObject([{ ip: expected }]);
    } finally {
      await app.close();
    }
  });

  it('behind a trusted one, a client that guesses stops itself and nobody else', async () => {
    const app = await target.start({ TRUST_PROXY: '1', LOGIN_LIMIT_PER_ADDRESS: '2' });
    const login = (address: string, json: object): Promise<Answer> =>
      send(`${app.url}/auth/login`, {
        method: 'POST',
        json,
        headers: { 'x-forwarded-for': address },
      });
    try {
      const wrong = { ...ALICE, email: 'nobody@example.com' };
      for (const expected of [401, 401, 429]) {
        expect(await login('203.0.113.7', wrong)).toMatchObject({ status: expected });
      }
      expect(await login('203.0.113.7', ALICE)).toMatchObject({ status: 429 });
      expect(await login('203.0.113.8', ALICE)).toMatchObject({ status: 200 });
    } finally {
      await app.close();
    }
  });
});
