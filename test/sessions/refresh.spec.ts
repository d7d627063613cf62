/** Refresh tokens: the first use counts; a retry gets the same answer; a replay raises an alarm. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { boundTo, issuedAfter, session, tokenVersion, accountStatus } from 'nestjs-revocable-jwt';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { codeOf, expectPair, type SessionApp, startSessionApp } from './support/session-app.js';
import { claimsOf } from '../support/tokens.js';

describeOnDatabases((kind) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startSessionApp({
      kind,
      user: { subject: 'subject' },
      auth: {
        policies: [
          accountStatus(),
          session(),
          issuedAfter(),
          tokenVersion(),
          boundTo('passwordHash'),
        ],
      },
    });
  });
  afterAll(() => app.close());

  const refresh = (token: string, context = {}) => app.sessions.refresh(token, context);
  const update = (person: Person, change: Partial<Person>) =>
    app.dataSource.getRepository(Person).update({ id: person.id }, change);
  const q = (name: string) => app.dataSource.driver.escape(name);

  it('a sign-in gives a refresh token, which is traded for a new pair', async () => {
    const { person, pair } = await app.newcomer({ roles: ['user'] });
    expectPair(pair, pair.sessionId);
    const next = await refresh(pair.refreshToken);
    expectPair(next, pair.sessionId);
    expect(next.refreshToken).not.toBe(pair.refreshToken);
    expect(await app.whoami(next.accessToken)).toMatchObject({
      status: 200,
      body: { userId: String(person.id), roles: ['user'], sessionId: pair.sessionId },
    });
    // The access token from before is good until it expires.
    expect(await app.whoami(pair.accessToken)).toMatchObject({ status: 200 });
    expect(claimsOf(next.accessToken)['auth_time']).toBe(claimsOf(pair.accessToken)['auth_time']);
  });

  it('an ordinary refresh gives one event, with the user, the client, what differs, and the new token', async () => {
    const { person, pair } = await app.newcomer();
    app.events.length = 0;
    const client = { ip: '192.0.2.1', userAgent: 'Chrome' };
    const next = await refresh(pair.refreshToken, client);
    const of = {
      at: expect.any(Date),
      userId: String(person.id),
      subject: person.subject,
      sessionId: pair.sessionId,
    };
    const { tokenId, expiresAt } = next;
    const told = [
      { type: 'session_refreshed', ...of, ...client, differs: ['userAgent'] },
      { type: 'token_issued', ...of, tokenId, expiresAt, renewed: true },
    ];
    expect(app.events).toEqual(told);
    // The same token again is a retry, and no second refresh.
    await refresh(pair.refreshToken, client);
    expect(app.events.map(({ type }) => type)).toEqual([
      'session_refreshed',
      'token_issued',
      'refresh_retried',
      'token_issued',
    ]);
  });

  it('all parallel uses get one successor', async () => {
    const { pair } = await app.newcomer();
    const uses = await Promise.all(Array.from({ length: 10 }, () => refresh(pair.refreshToken)));
    expect(new Set(uses.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    const [first] = uses;
    expect(await codeOf(refresh(first?.refreshToken ?? ''))).toBe('accepted');
  });

  it('a lost answer is repeated within the leeway, and the leeway is not extended', async () => {
    const { pair } = await app.newcomer();
    const lost = await refresh(pair.refreshToken);
    await app.age(pair.sessionId, 4_000);
    expect((await refresh(pair.refreshToken)).refreshToken).toBe(lost.refreshToken);
    await app.age(pair.sessionId, 8_000);
    expect(await codeOf(refresh(pair.refreshToken))).toBe('refresh_reused');
  });

  it('a replay after the leeway ends the session, its tokens, and no other', async () => {
    const { person, pair } = await app.newcomer();
    const phone = await app.signIn(person, 'phone');
    const next = await refresh(pair.refreshToken);
    await app.age(pair.sessionId, 11_000);
    app.events.length = 0;
    const thief = { ip: '198.51.100.7', userAgent: 'curl' };
    expect(await codeOf(refresh(pair.refreshToken, thief))).toBe('refresh_reused');
    expect(app.events).toMatchObject([
      {
        type: 'refresh_reused',
        sessionId: pair.sessionId,
        userId: String(person.id),
        replay: 'after_leeway',
        differs: ['ip', 'userAgent'],
        ...thief,
      },
      { type: 'session_ended', sessionId: pair.sessionId, reason: 'refresh_reused' },
    ]);
    expect(await codeOf(refresh(next.refreshToken))).toBe('session_ended');
    expect(await app.whoami(next.accessToken)).toMatchObject({ body: { code: 'session_ended' } });
    expect(await app.whoami(pair.accessToken)).toMatchObject({ body: { code: 'session_ended' } });
    expect(await app.whoami(phone.accessToken)).toMatchObject({ status: 200 });
    expect(await codeOf(refresh(phone.refreshToken))).toBe('accepted');
  });

  it('the window closes once the successor was used', async () => {
    const { pair } = await app.newcomer();
    const second = await refresh(pair.refreshToken);
    const third = await refresh(second.refreshToken);
    app.events.length = 0;
    expect(await codeOf(refresh(pair.refreshToken))).toBe('refresh_reused');
    expect(app.events[0]).toMatchObject({ type: 'refresh_reused', replay: 'successor_used' });
    expect(await codeOf(refresh(third.refreshToken))).toBe('session_ended');
  });

  it('a retry within the leeway reports what differed', async () => {
    const { pair } = await app.newcomer();
    await refresh(pair.refreshToken, { ip: '192.0.2.1', userAgent: 'Firefox' });
    app.events.length = 0;
    await refresh(pair.refreshToken, { ip: '192.0.2.1', userAgent: 'Chrome' });
    expect(app.events[0]).toMatchObject({ type: 'refresh_retried', differs: ['userAgent'] });
  });

  it('each refresh token has its own 256 random bits', async () => {
    const { pair } = await app.newcomer();
    const drawn: Buffer[] = [];
    let { refreshToken } = pair;
    for (let time = 0; time < 40; time++) {
      const [id, secret = ''] = refreshToken.split('.');
      expect(id).toBe(pair.sessionId);
      drawn.push(Buffer.from(secret, 'base64url').subarray(0, 32));
      ({ refreshToken } = await refresh(refreshToken));
    }
    // That one of them is the same forty times by chance: once in two thousand million runs.
    const [or, and] = [Buffer.alloc(32), Buffer.alloc(32, 0xff)];
    for (const bytes of drawn) {
      expect(bytes).toHaveLength(32);
      for (const [index, byte] of bytes.entries()) {
        or.writeUInt8(or.readUInt8(index) | byte, index);
        and.writeUInt8(and.readUInt8(index) & byte, index);
      }
    }
    expect(or).toEqual(Buffer.alloc(32, 0xff));
    expect(and).toEqual(Buffer.alloc(32));
  });

  it('knowing the id of a session is not enough to end it', async () => {
    const { pair } = await app.newcomer();
    const made = (bytes: number) => `${pair.sessionId}.${randomBytes(bytes).toString('base64url')}`;
    expect(await codeOf(refresh(made(48)))).toBe('token_invalid');
    expect(await codeOf(refresh(made(32)))).toBe('token_malformed');
    const other = await app.newcomer();
    const [, secret = ''] = other.pair.refreshToken.split('.');
    expect(await codeOf(refresh(`${pair.sessionId}.${secret}`))).toBe('token_invalid');
    expect(await codeOf(refresh(pair.refreshToken))).toBe('accepted');
  });

  it('nor to make its user wait: an invented token locks nothing', async () => {
    const { pair } = await app.newcomer();
    // From here on, the key of the tags is known.
    let { refreshToken } = await refresh(pair.refreshToken);
    app.queries.statements.length = 0;
    const flood = Array.from({ length: 300 }, () => {
      const secret = randomBytes(48).toString('base64url');
      return codeOf(refresh(`${pair.sessionId}.${secret}`));
    });
    ({ refreshToken } = await refresh(refreshToken));
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['token_invalid']));
    expect(await codeOf(refresh(refreshToken))).toBe('accepted');
    if (kind === 'sqlite') return;
    // The two of the user; and whether the key is still the same was asked once at most.
    const asked = (what: RegExp) => app.queries.statements.filter((sql) => what.test(sql));
    expect(asked(/FOR UPDATE/)).toHaveLength(2);
    expect(asked(/SELECT stamp_key FROM/).length).toBeLessThanOrEqual(1);
  });

  it.each(['', 'x', 'a.b.c', `${'0'.repeat(36)}.${'A'.repeat(64)}`, '\0', '😀'.repeat(25)])(
    'a text that is not a refresh token is refused: %j',
    async (text) => expect(await codeOf(refresh(text))).toBe('token_malformed'),
  );

  it('the tag distinguishes a deleted session from one that never existed', async () => {
    const { pair } = await app.newcomer();
    await app.dataSource.query(`DELETE FROM auth_session WHERE id = '${pair.sessionId}'`);
    expect(await codeOf(refresh(pair.refreshToken))).toBe('session_ended');
    const [, secret = ''] = pair.refreshToken.split('.');
    const never = `00000000-0000-4000-8000-000000000000.${secret}`;
    expect(await codeOf(refresh(never))).toBe('token_invalid');
  });

  it('nothing in the row can be redeemed', async () => {
    const { pair } = await app.newcomer();
    const next = await refresh(pair.refreshToken);
    const stored = JSON.stringify(await app.row(pair.sessionId));
    for (const { refreshToken } of [pair, next]) {
      const [, secret = ''] = refreshToken.split('.');
      for (let at = 0; at + 16 <= secret.length; at += 8) {
        expect(stored).not.toContain(secret.slice(at, at + 16));
      }
    }
  });

  describe('a refresh makes the decision of a request', () => {
    const CASES: readonly (readonly [string, string, (person: Person) => Promise<unknown>])[] = [
      ['disabled', 'account_disabled', (person) => update(person, { status: 'disabled' })],
      [
        'suspended',
        'account_disabled',
        (person) => update(person, { suspendedUntil: new Date(Date.now() + 60_000) }),
      ],
      [
        'deleted',
        'account_deleted',
        ({ id }) => app.dataSource.getRepository(Person).delete({ id }),
      ],
      [
        'deleted softly',
        'account_deleted',
        ({ id }) => app.dataSource.getRepository(Person).softDelete({ id }),
      ],
      ['a new password', 'credentials_changed', (person) => update(person, { passwordHash: 'x' })],
      [
        'a version bumped by raw SQL',
        'token_superseded',
        ({ id }) =>
          app.dataSource.query(
            `UPDATE ${q('person')} SET token_version = token_version + 1 WHERE id = ${id}`,
          ),
      ],
      [
        'a cut-off',
        'token_revoked',
        ({ id }) => app.revocation.revokeUser(id, { issuedBefore: new Date(Date.now() + 60_000) }),
      ],
      ['revokeUser', 'session_ended', ({ id }) => app.revocation.revokeUser(id)],
      ['replaceSubject', 'session_ended', ({ id }) => app.revocation.replaceSubject(id)],
    ];
    it.each(CASES)('%s: %s, and nothing is rotated', async (_, code, change) => {
      const { person, pair } = await app.newcomer();
      const retried = await app.signIn(person);
      await refresh(retried.refreshToken);
      await change(person);
      const before = await app.row(pair.sessionId);
      expect(await codeOf(refresh(pair.refreshToken))).toBe(code);
      expect(await app.row(pair.sessionId)).toEqual(before);
      // The leeway does not reach past it.
      expect(await codeOf(refresh(retried.refreshToken))).toBe(code);
      expect(await app.sessions.list(person.id)).toEqual([]);
    });

    it('revokeAll: everybody signs in again', async () => {
      const { person, pair } = await app.newcomer();
      await app.revocation.revokeAll();
      expect(await codeOf(refresh(pair.refreshToken))).toBe('token_revoked');
      const again = await app.signIn(person);
      expect(await codeOf(refresh(again.refreshToken))).toBe('accepted');
    });

    it('revokeSession ends the row too', async () => {
      const { pair } = await app.newcomer();
      await app.revocation.revokeSession(pair.sessionId, { reason: 'logout', actor: 'me' });
      expect(await codeOf(refresh(pair.refreshToken))).toBe('session_ended');
      expect(await app.row(pair.sessionId)).toMatchObject({
        ended_reason: 'logout',
        ended_by: 'me',
      });
    });

    it('roles and claims are those of the database now', async () => {
      const { person, pair } = await app.newcomer({ roles: ['user'] });
      await update(person, { roles: ['admin'] });
      const next = await refresh(pair.refreshToken);
      expect(claimsOf(next.accessToken)['roles']).toEqual(['admin']);
    });

    it('an id that a new account uses again inherits nothing', async () => {
      const { person, pair } = await app.newcomer();
      await app.dataSource.getRepository(Person).delete({ id: person.id });
      await app.addPerson({ id: person.id, createdAt: new Date('2020-01-01') });
      expect(await codeOf(refresh(pair.refreshToken))).toBe('account_deleted');
      expect(await app.sessions.list(person.id)).toEqual([]);
    });
  });

  describe('lifetimes', () => {
    it('a session that is not used ends; one that is used does not', async () => {
      const { pair } = await app.newcomer();
      await app.age(pair.sessionId, 13 * 86_400_000);
      const next = await refresh(pair.refreshToken);
      await app.age(pair.sessionId, 13 * 86_400_000);
      const third = await refresh(next.refreshToken);
      await app.age(pair.sessionId, 15 * 86_400_000);
      expect(await codeOf(refresh(third.refreshToken))).toBe('session_ended');
    });

    it('rotation never moves the absolute end, and no access token outlives it', async () => {
      const { pair } = await app.newcomer();
      const days = 86_400_000;
      let { refreshToken } = pair;
      for (let day = 0; day < 80; day += 10) {
        await app.age(pair.sessionId, 10 * days);
        ({ refreshToken } = await refresh(refreshToken));
      }
      await app.age(pair.sessionId, 10 * days - 60_000);
      const last = await refresh(refreshToken);
      const { expires_at: end } = await app.row(pair.sessionId);
      expect(claimsOf(last.accessToken)['exp']).toBe(Math.floor(Number(end) / 1000));
      expect(last.expiresIn).toBeLessThanOrEqual(60);
      expect(last.refreshExpiresAt.getTime()).toBe(Number(end));
      await app.age(pair.sessionId, 61_000);
      expect(await codeOf(refresh(last.refreshToken))).toBe('session_ended');
    });
  });
});
