import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOf, type Client, expectRefusal } from '../support/client.js';
import { type Changes, forge } from '../../support/tokens.js';
import { type RunningApp, SIGNING } from '../support/running-app.js';
import { describeOnAdapters } from '../support/targets.js';
import { send } from '../../support/http.js';

/** What is refused for the token alone. */
describeOnAdapters((target) => {
  let app: RunningApp;
  let alice: Client;
  beforeAll(async () => {
    app = await target.start();
    alice = await app.as('alice');
  });
  afterAll(() => app.close());

  it('a forgery that changes nothing is accepted, so the others are refused for what they change', async () => {
    expect((await alice.holding(forge(alice.token ?? '', SIGNING)).get('/me')).status).toBe(200);
  });

  const now = Math.floor(Date.now() / 1000);
  const forgeries: [string, string, Changes][] = [
    [
      'expired',
      'token_expired',
      { claims: { iat: now - 1000, iat_ms: (now - 1000) * 1000, exp: now - 11 } },
    ],
    ['signed by another', 'token_invalid', { secret: 'another secret of more than 32 bytes' }],
    ['of another issuer', 'token_invalid', { claims: { iss: 'elsewhere' } }],
    ['for another audience', 'token_invalid', { claims: { aud: 'elsewhere' } }],
    ['of another type', 'token_invalid', { header: { typ: 'JWT' } }],
    ['with another algorithm', 'token_invalid', { header: { alg: 'HS512' } }],
    ['with no algorithm', 'token_invalid', { header: { alg: 'none' } }],
    ['without a subject', 'token_invalid', { claims: { sub: undefined } }],
    ['with an object for a subject', 'token_invalid', { claims: { sub: { $ne: null } } }],
    ['for an unknown subject', 'account_deleted', { claims: { sub: 'nobody' } }],
  ];
  it.each(forgeries)('a token %s: %s', async (_, code, change) => {
    expectRefusal(
      await alice.holding(forge(alice.token ?? '', SIGNING, change)).get('/me'),
      401,
      code,
    );
  });

  it.each(['x', 'a.b', 'a.b.c', '..'])('"%s": token_malformed', async (token) => {
    expectRefusal(await alice.holding(token).get('/me'), 401, 'token_malformed');
  });

  it.each([
    ['no header at all', {}],
    ['another scheme', { authorization: 'Basic YWxpY2U6eA==' }],
    ['the scheme alone', { authorization: 'Bearer' }],
  ])('%s: token_missing', async (_, headers) => {
    const answer = await answerOf(await send(`${app.url}/me`, { headers }));
    expectRefusal(answer, 401, 'token_missing');
  });

  it('a bad token does not matter if none is needed', async () => {
    expect((await alice.holding('x').get('/articles')).status).toBe(200);
  });
});
