/** Who sees which sessions, and ends them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnDatabases } from '../support/databases.js';
import { type BothFreshness, bothFreshness } from './support/both-freshness.js';
import { codeOf, type SessionApp } from './support/session-app.js';

describeOnDatabases((kind) => {
  let both: BothFreshness;
  let app: SessionApp;
  beforeAll(async () => {
    both = await bothFreshness(kind);
    app = both.strict;
  });
  afterAll(() => both.close());

  const isRefused = async (pair: { accessToken: string; refreshToken: string }) => {
    expect(await both.answers(pair.accessToken)).toEqual(['session_ended', 'session_ended']);
    expect(await codeOf(both.tracked.sessions.refresh(pair.refreshToken))).toBe('session_ended');
  };
  const lives = async (pair: { accessToken: string; refreshToken: string }) => {
    expect(await both.answers(pair.accessToken)).toEqual(['accepted', 'accepted']);
    expect(await codeOf(both.tracked.sessions.refresh(pair.refreshToken))).toBe('accepted');
  };
  const threeDevices = async () => {
    const { person, pair } = await app.newcomer();
    return { person, pairs: [pair, await app.signIn(person, 'b'), await app.signIn(person, 'c')] };
  };

  it('a list shows the sessions of one user, the newest first', async () => {
    const { person, pairs } = await threeDevices();
    await app.newcomer();
    const list = await app.sessions.list(person.id);
    expect(list.map(({ id }) => id).sort()).toEqual(pairs.map(({ sessionId }) => sessionId).sort());
    const created = list.map(({ createdAt }) => createdAt.getTime());
    expect(created).toEqual(created.toSorted((a, b) => b - a));
    expect(list.find(({ device }) => device === 'b')).toMatchObject({
      userId: String(person.id),
      ip: '192.0.2.1',
      userAgent: 'Firefox',
    });
    expect(JSON.stringify(list)).not.toMatch(/hash|successor|stamps/i);
    await expect(app.sessions.list('not an id')).rejects.toMatchObject({
      code: 'invalid_argument',
      // It is a read: it must not talk of revocations.
      message: expect.not.stringContaining('revoked'),
    });
  });

  describe('end', () => {
    it('one of them, with actor and reason, in either freshness', async () => {
      const { person, pairs } = await threeDevices();
      const [gone, ...others] = pairs;
      if (gone === undefined) throw new Error('no pair');
      await app.sessions.refresh(gone.refreshToken);
      app.events.length = 0;
      const by = { reason: 'stolen', actor: 'admin 7' };
      expect(await app.sessions.end(gone.sessionId, by)).toBe(true);
      expect(app.events).toMatchObject([
        { type: 'session_ended', sessionId: gone.sessionId, ...by },
      ]);
      const row = await app.row(gone.sessionId);
      expect(row).toMatchObject({ ended_reason: 'stolen', ended_by: 'admin 7', successor: null });
      expect(Math.abs(Number(row['ended_at']) - Date.now())).toBeLessThan(60_000);
      await isRefused(gone);
      for (const pair of others) await lives(pair);
      expect(await app.sessions.list(person.id)).toHaveLength(2);
      expect(await app.sessions.end(gone.sessionId)).toBe(false);
    });

    it('finds none: of another user, an unknown id, one that has ended', async () => {
      const mine = await app.newcomer();
      const theirs = await app.newcomer();
      const as = { userId: mine.person.id };
      expect(await app.sessions.end(theirs.pair.sessionId, as)).toBe(false);
      await lives(theirs.pair);
      expect(await app.sessions.end('00000000-0000-4000-8000-000000000000', as)).toBe(false);
      expect(await app.sessions.end("' OR 1 = 1 --", as)).toBe(false);
      await app.age(mine.pair.sessionId, 15 * 86_400_000);
      expect(await app.sessions.end(mine.pair.sessionId, as)).toBe(false);
    });

    it('in the transaction of a caller who rolls it back: nothing has happened', async () => {
      const { pair } = await app.newcomer();
      app.events.length = 0;
      const rolledBack = app.dataSource.transaction(async (manager) => {
        expect(await app.sessions.end(pair.sessionId, { manager })).toBe(true);
        throw new Error('no');
      });
      await expect(rolledBack).rejects.toThrow('no');
      expect(app.events).toEqual([]);
      await lives(pair);
    });
  });

  it('all others but this one', async () => {
    const { person, pairs } = await threeDevices();
    const [kept, ...others] = pairs;
    if (kept === undefined) throw new Error('no pair');
    const me = { userId: String(person.id), sessionId: kept.sessionId };
    expect(await app.sessions.endOthers(me)).toBe(2);
    for (const pair of others) await isRefused(pair);
    await lives(kept);
  });

  it('all of one user, in any number, and of no other', async () => {
    const { person, pairs } = await threeDevices();
    const other = await app.newcomer();
    expect(await app.sessions.endAll(person.id, { reason: 'moved out' })).toBe(3);
    for (const pair of pairs) await isRefused(pair);
    await lives(other.pair);
    expect(await app.sessions.endAll(person.id)).toBe(0);
  });

  it('by a refresh token, used or not, and not by an invented one', async () => {
    const { pair } = await app.newcomer();
    const next = await app.sessions.refresh(pair.refreshToken);
    const madeUp = `${pair.sessionId}.${'A'.repeat(64)}`;
    for (const text of [madeUp, 'x', '']) {
      expect(await app.sessions.endSessionOf(text)).toBe(false);
    }
    await lives(next);
    expect(await app.sessions.endSessionOf(pair.refreshToken)).toBe(true);
    await isRefused(next);
  });
});
