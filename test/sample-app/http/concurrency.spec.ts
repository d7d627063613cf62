import argon2 from 'argon2';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Answer, Client } from '../support/client.js';
import type { Newcomer, RunningApp } from '../support/running-app.js';
import { describeOnEachDatabase } from '../support/targets.js';

const MANY = 12;

/** Requests at the same moment, some of which fail half-way. */
describeOnEachDatabase((target) => {
  let app: RunningApp;
  let admin: Client;
  beforeAll(async () => {
    app = await target.start({ LOGIN_LIMIT_PER_EMAIL: '4' });
    admin = await app.as('admin');
  });
  afterAll(() => app.close());

  it('a rollback of one request undoes nothing that another request has committed', async () => {
    const failing = await app.newcomer();
    const disabled = await app.newcomer();
    const doomed = { email: 'alice@example.com', newPassword: 'never stored' };
    const guess = { email: 'guessed@example.com', password: 'a wrong password' };

    const answers = await Promise.all(
      Array.from({ length: MANY }, (_, index) => [
        // Fails on the e-mail, after the transaction has begun.
        admin.post(`/admin/users/${failing.id}/reset-subject`, doomed),
        admin.post('/articles', { title: `Article ${index}`, body: 'x' }),
        admin.patch(`/admin/users/${disabled.id}`, { status: 'disabled', reason: `${index}` }),
        app.nobody.post('/auth/login', guess),
      ]).flat(),
    );

    const statuses = (offset: number) =>
      answers.filter((_, index) => index % 4 === offset).map(({ status }) => status);
    expect(new Set(statuses(0))).toEqual(new Set([409]));
    expect(new Set(statuses(1))).toEqual(new Set([201]));
    expect(new Set(statuses(2))).toEqual(new Set([200]));
    expect(statuses(3).filter((status) => status === 401)).toHaveLength(4);

    expect((await app.nobody.get('/articles')).items).toHaveLength(MANY);
    expect((await failing.client.get('/me')).status).toBe(200);
    expect((await disabled.client.get('/me')).body['code']).toBe('account_disabled');
    const { items } = await admin.get(`/admin/events?userId=${disabled.id}&limit=500`);
    for (const type of ['account_changed', 'user_revoked']) {
      expect(items.filter((item) => item['type'] === type)).toHaveLength(MANY);
    }
    const { body } = await admin.get(`/admin/users?q=${disabled.email}`);
    expect(body['items']).toEqual([expect.objectContaining({ tokenVersion: MANY })]);
  });

  it('of two password changes at the same moment one counts', async () => {
    const { client, password, email } = await app.newcomer();
    const answers = await Promise.all(
      ['the first password', 'the second password'].map((newPassword) =>
        client.post('/auth/password', { currentPassword: password, newPassword }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const winner = answers[0]?.status === 200 ? 'the first password' : 'the second password';
    await app.nobody.login(email, winner);
  });

  it.each<[string, (of: Newcomer) => Promise<Answer>]>([
    [
      'the password is changed',
      ({ client, password }) =>
        client.post('/auth/password', {
          currentPassword: password,
          newPassword: 'the next password',
        }),
    ],
    ['the user is disabled', ({ id }) => admin.patch(`/admin/users/${id}`, { status: 'disabled' })],
    ['the user is logged out', ({ id }) => admin.post(`/admin/users/${id}/logout`, {})],
  ])('a login is refused when, while its password is hashed, %s', async (_, change) => {
    const newcomer = await app.newcomer();
    const { email, password } = newcomer;
    const { verify } = argon2;
    const hashing = vi.spyOn(argon2, 'verify').mockImplementationOnce(async (...given) => {
      const isRight = await verify(...given);
      // Committed before the hash is done.
      expect([200, 204]).toContain((await change(newcomer)).status);
      return isRight;
    });
    try {
      const answer = await app.nobody.post('/auth/login', { email, password });
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    } finally {
      hashing.mockRestore();
    }
  });

  it('of registrations with one e-mail at the same moment one counts', async () => {
    const account = { email: 'race@example.com', password: 'a long password' };
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => app.nobody.post('/auth/register', account)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });
});
