/** New credentials: this session is kept, with new tokens; every other one is over. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountStatus, boundTo, session, tokenVersion } from 'nestjs-revocable-jwt';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { codeOf, type Device, type SessionApp, startSessionApp } from './support/session-app.js';
import { claimsOf } from '../support/tokens.js';

const me = ({ person, pair }: Device) => ({
  userId: String(person.id),
  sessionId: pair.sessionId,
});

describeOnDatabases((kind) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startSessionApp({
      kind,
      auth: { policies: [accountStatus(), session(), tokenVersion(), boundTo('passwordHash')] },
    });
  });
  afterAll(() => app.close());
  beforeEach(() => void (app.events.length = 0));

  /** As an application changes a password. */
  const changePassword = (device: Device, change: Partial<Person> = {}) =>
    app.dataSource.transaction(async (manager) => {
      const next = { passwordHash: '$argon2id$two', ...change };
      await manager.update(Person, { id: device.person.id }, next);
      return app.sessions.reissue(me(device), { manager, ip: '203.0.113.9' });
    });

  it('keeps only this session', async () => {
    const device = await app.newcomer();
    const other = await app.signIn(device.person, 'phone');
    await app.age(device.pair.sessionId, 60_000);
    const kept = await changePassword(device);
    expect(kept.sessionId).toBe(device.pair.sessionId);
    expect(await app.whoami(kept.accessToken)).toMatchObject({ status: 200 });
    expect(await codeOf(app.sessions.refresh(kept.refreshToken))).toBe('accepted');
    for (const { accessToken } of [device.pair, other]) {
      expect(await app.whoami(accessToken)).toMatchObject({
        body: { code: 'credentials_changed' },
      });
    }
    expect(await codeOf(app.sessions.refresh(other.refreshToken))).toBe('credentials_changed');
    const list = await app.sessions.list(device.person.id);
    expect(list.map(({ id }) => id)).toEqual([kept.sessionId]);
  });

  it('gives a new proof of sign-in, and moves no absolute end', async () => {
    const device = await app.newcomer();
    await app.age(device.pair.sessionId, 3_600_000);
    const before = await app.row(device.pair.sessionId);
    const kept = await changePassword(device);
    const { auth_time, iat } = claimsOf(kept.accessToken);
    expect(auth_time).toBe(iat);
    const next = await app.sessions.refresh(kept.refreshToken);
    expect(claimsOf(next.accessToken)['auth_time']).toBe(auth_time);
    const after = await app.row(device.pair.sessionId);
    expect(String(after['expires_at'])).toBe(String(before['expires_at']));
  });

  it('gives no token that outlives the absolute end', async () => {
    const device = await app.newcomer();
    const { sessionId } = device.pair;
    await app.dataSource.query(
      `UPDATE auth_session SET expires_at = created_at + 300000 WHERE id = '${sessionId}'`,
    );
    const end = Number((await app.row(sessionId))['expires_at']);
    const kept = await changePassword(device);
    expect(Number(claimsOf(kept.accessToken)['exp'])).toBe(Math.floor(end / 1000));
    expect(kept.refreshExpiresAt).toEqual(new Date(end));
  });

  it('reports its event after the commit', async () => {
    const device = await app.newcomer();
    app.events.length = 0;
    const kept = await changePassword(device);
    expect(app.events).toMatchObject([
      { type: 'session_reissued', sessionId: kept.sessionId, ip: '203.0.113.9', differs: ['ip'] },
      { type: 'token_issued', tokenId: kept.tokenId, renewed: true },
    ]);
  });

  it('an earlier token that comes a little late raises no alarm; one that comes later does', async () => {
    const device = await app.newcomer();
    const kept = await changePassword(device);
    expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe(
      'credentials_changed',
    );
    await app.age(kept.sessionId, 11_000);
    expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe('refresh_reused');
    expect(app.events).toContainEqual(
      expect.objectContaining({ type: 'refresh_reused', replay: 'after_leeway' }),
    );
    expect(await codeOf(app.sessions.refresh(kept.refreshToken))).toBe('session_ended');
  });

  it('what the caller rolls back has not happened', async () => {
    const device = await app.newcomer();
    app.events.length = 0;
    const rolledBack = app.dataSource.transaction(async (manager) => {
      await manager.update(Person, { id: device.person.id }, { passwordHash: 'two' });
      await app.sessions.reissue(me(device), { manager });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(app.events).toEqual([]);
    expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe('accepted');
  });

  describe('does not keep', () => {
    it.each([
      ['a disabled account', { status: 'disabled' }, 'account_disabled'],
      ['a raised version', { tokenVersion: 1 }, 'token_superseded'],
    ])('%s', async (_, change, code) => {
      const device = await app.newcomer();
      expect(await codeOf(changePassword(device, change))).toBe(code);
      // The refusal took the change back with it.
      expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe('accepted');
    });

    it('a session that has ended, has expired, or belongs to another user', async () => {
      const device = await app.newcomer();
      const other = await app.newcomer();
      const mixed = { ...me(device), sessionId: other.pair.sessionId };
      expect(await codeOf(app.sessions.reissue(mixed))).toBe('session_ended');
      await app.age(other.pair.sessionId, 15 * 86_400_000);
      expect(await codeOf(app.sessions.reissue(me(other)))).toBe('session_ended');
      await app.sessions.end(device.pair.sessionId);
      expect(await codeOf(app.sessions.reissue(me(device)))).toBe('session_ended');
    });

    it('a deleted account', async () => {
      const device = await app.newcomer();
      await app.dataSource.getRepository(Person).delete({ id: device.person.id });
      expect(await codeOf(app.sessions.reissue(me(device)))).toBe('account_deleted');
    });
  });
});
