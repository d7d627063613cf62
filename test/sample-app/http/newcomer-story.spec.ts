import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectRefusal } from '../support/client.js';
import type { RunningApp } from '../support/running-app.js';
import { describeEverywhere } from '../support/targets.js';

/** What the library is for, as somebody sees who has just started the sample app. */
describeEverywhere((target) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await target.start();
  });
  afterAll(() => app.close());

  it('a newcomer logs in; an admin disables the account; the very next request is refused', async () => {
    const alice = await app.as('alice');
    const me = await alice.get('/me');
    expect(me.status).toBe(200);
    expect(me.body).toMatchObject({ email: 'alice@example.com', roles: ['user'] });

    const admin = await app.as('admin');
    const { body } = await admin.patch(`/admin/users/${String(me.body['id'])}`, {
      status: 'disabled',
      reason: 'spam',
    });
    expect(body).toMatchObject({ status: 'disabled', tokenVersion: 1 });

    expectRefusal(await alice.get('/me'), 401, 'account_disabled');
    expectRefusal(await alice.get('/auth/whoami'), 401, 'account_disabled');
    expectRefusal(
      await app.nobody.post('/auth/login', {
        email: 'alice@example.com',
        password: 'alice-password',
      }),
      401,
      'invalid_credentials',
    );

    await admin.patch(`/admin/users/${String(me.body['id'])}`, { status: 'active' });
    expectRefusal(await alice.get('/me'), 401, 'session_ended');
    expect((await (await app.as('alice')).get('/me')).status).toBe(200);

    const trail = await admin.get(`/admin/events?userId=${String(me.body['id'])}`);
    for (const line of [
      { type: 'user_revoked', reason: 'spam' },
      { type: 'token_refused', sessionId: alice.sessionId },
    ]) {
      expect(trail.items).toContainEqual(expect.objectContaining(line));
    }
  });
});
