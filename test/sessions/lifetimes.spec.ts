/** When sessions end by themselves, when they are seen, and what is deleted of them. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AuthDatabase } from '../../lib/database/database.js';
import { openAuthDatabase } from '../support/open-database.js';
import { authTables } from '../../lib/database/tables.js';
import { SessionCleaner } from '../../lib/sessions/session-cleaner.js';
import { SessionTable } from '../../lib/sessions/session-table.js';
import { describeOnDatabases } from '../support/databases.js';
import { codeOf, type SessionApp, startSessionApp } from './support/session-app.js';
import { claimsOf } from '../support/tokens.js';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;

const exp = (accessToken: string) => Number(claimsOf(accessToken)['exp']);

describeOnDatabases((kind) => {
  let app: SessionApp;
  let strictApp: SessionApp;
  beforeAll(async () => {
    // Their own cleaners stand still: what these delete, no test would count.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    app = await startSessionApp({
      kind,
      auth: { renewal: { after: 0.5 } },
      sessions: { idleTtl: '5m', maxTtl: '12m', lastSeenInterval: '1m', leeway: '60s' },
    });
    strictApp = await startSessionApp({
      database: app.database,
      synchronize: false,
      jwt: app.options.jwt,
      sessions: { leeway: 0 },
    });
    vi.useRealTimers();
  });
  afterAll(async () => {
    await strictApp.close();
    await app.close();
  });

  const number = async (sid: string, column: string) => Number((await app.row(sid))[column]);
  const renew = async (accessToken: string) =>
    app.auth.renew(await app.auth.authenticate(accessToken));

  describe('no access token outlives its session', () => {
    it('as it was when the token was made: at sign-in, at a refresh, at a retry, at a renewal', async () => {
      const { pair } = await app.newcomer();
      const idleEnd = async () =>
        Math.floor((await number(pair.sessionId, 'idle_expires_at')) / SECOND);
      expect(exp(pair.accessToken)).toBe(await idleEnd());
      await app.age(pair.sessionId, 60 * SECOND);
      const next = await app.sessions.refresh(pair.refreshToken);
      expect(exp(next.accessToken)).toBe(await idleEnd());
      const retried = await app.sessions.refresh(pair.refreshToken);
      expect(exp(retried.accessToken)).toBe(await idleEnd());
      await app.age(pair.sessionId, 120 * SECOND);
      const renewed = await renew(retried.accessToken);
      expect(exp(renewed?.accessToken ?? '')).toBe(await idleEnd());
    });

    it('near the absolute end too', async () => {
      const { pair } = await app.newcomer();
      let { refreshToken } = pair;
      for (let minute = 0; minute < 8; minute += 4) {
        await app.age(pair.sessionId, 240 * SECOND);
        ({ refreshToken } = await app.sessions.refresh(refreshToken));
      }
      await app.age(pair.sessionId, 180 * SECOND);
      const last = await app.sessions.refresh(refreshToken);
      const end = await number(pair.sessionId, 'expires_at');
      expect(exp(last.accessToken)).toBe(Math.floor(end / SECOND));
      expect(last.refreshExpiresAt.getTime()).toBe(end);
    });

    it('within its last second there is none, and the refusal says why', async () => {
      const { pair } = await app.newcomer();
      // By the time it is asked the second may be over; then so is the session.
      const end = Math.floor(Date.now() / SECOND) * SECOND + 999;
      await app.dataSource.query(
        `UPDATE auth_session SET expires_at = ${end}, idle_expires_at = ${end} WHERE id = '${pair.sessionId}'`,
      );
      expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('session_ended');
    });
  });

  it('a sign-in on a clock that was ahead: a refresh gives a valid token, with no later time of the sign-in', async () => {
    const { pair } = await app.newcomer();
    const { auth_time } = claimsOf(pair.accessToken);
    const row = await app.row(pair.sessionId);
    const [before, ahead] = [`"auth_time":${auth_time}`, `"auth_time":${Number(auth_time) + 60}`];
    await app.dataSource.query(
      `UPDATE auth_session SET stamps = REPLACE(stamps, '${before}', '${ahead}') WHERE id = '${pair.sessionId}'`,
    );
    expect((await app.row(pair.sessionId))['stamps']).not.toBe(row['stamps']);
    const { accessToken } = await app.sessions.refresh(pair.refreshToken);
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    const claims = claimsOf(accessToken);
    expect(claims['auth_time']).toBe(claims['iat']);
  });

  it('the earlier end counts, even if somebody wrote it by hand', async () => {
    for (const column of ['idle_expires_at', 'expires_at']) {
      const { person, pair } = await app.newcomer();
      await app.dataSource.query(
        `UPDATE auth_session SET ${column} = ${Date.now() - SECOND} WHERE id = '${pair.sessionId}'`,
      );
      expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('session_ended');
      expect(await app.sessions.list(person.id)).toEqual([]);
      expect(await renew(pair.accessToken)).toBeUndefined();
    }
  });

  describe('last seen', () => {
    it('is written once in an interval, by refreshes', async () => {
      const { pair } = await app.newcomer();
      const first = await number(pair.sessionId, 'last_seen_at');
      const next = await app.sessions.refresh(pair.refreshToken);
      expect(await number(pair.sessionId, 'last_seen_at')).toBe(first);
      await app.age(pair.sessionId, 61 * SECOND);
      await app.sessions.refresh(next.refreshToken);
      expect(await number(pair.sessionId, 'last_seen_at')).toBeGreaterThanOrEqual(first);
    });

    it('is written once in an interval, by renewals, which keep the session alive', async () => {
      const { pair } = await app.newcomer();
      const before = await app.row(pair.sessionId);
      expect(await renew(pair.accessToken)).toBeDefined();
      expect(await app.row(pair.sessionId)).toEqual(before);
      await app.age(pair.sessionId, 120 * SECOND);
      const idleEnd = await number(pair.sessionId, 'idle_expires_at');
      expect(await renew(pair.accessToken)).toBeDefined();
      expect(await number(pair.sessionId, 'idle_expires_at')).toBeGreaterThan(idleEnd);
    });

    it('is never written by a request', async () => {
      const { pair } = await app.newcomer();
      await app.age(pair.sessionId, 61 * SECOND);
      const before = await app.row(pair.sessionId);
      expect(await app.whoami(pair.accessToken)).toMatchObject({ status: 200 });
      expect(await app.row(pair.sessionId)).toEqual(before);
    });
  });

  describe('the leeway', () => {
    it('can be a minute', async () => {
      const { pair } = await app.newcomer();
      const next = await app.sessions.refresh(pair.refreshToken);
      await app.age(pair.sessionId, 59 * SECOND);
      const retried = await app.sessions.refresh(pair.refreshToken);
      expect(retried.refreshToken).toBe(next.refreshToken);
      await app.age(pair.sessionId, 2 * SECOND);
      expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('refresh_reused');
    });

    it('of 0 stores no successor, and answers no use twice', async () => {
      const { pair } = await strictApp.newcomer();
      await strictApp.sessions.refresh(pair.refreshToken);
      expect(await app.row(pair.sessionId)).toMatchObject({ successor: null, retry_until: null });
      expect(await codeOf(strictApp.sessions.refresh(pair.refreshToken))).toBe('refresh_reused');
    });

    it('is the shorter one if a process has another option', async () => {
      const { pair } = await app.newcomer();
      await app.sessions.refresh(pair.refreshToken);
      // As if the retry came in the same millisecond, or to a clock that is a little behind.
      await app.age(pair.sessionId, -50);
      expect(await codeOf(strictApp.sessions.refresh(pair.refreshToken))).toBe('refresh_reused');
    });

    it('a clock that is set back does not open it again', async () => {
      const { pair } = await app.newcomer();
      await app.sessions.refresh(pair.refreshToken);
      await app.age(pair.sessionId, -5 * SECOND);
      expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('refresh_reused');
    });
  });

  describe('cleaning', () => {
    /** Each has a way of its own to the database, as in a process of its own. */
    const opened: AuthDatabase[] = [];
    let cleaners: SessionCleaner[];
    beforeAll(async () => {
      const dataSources = await Promise.all([1, 2].map(() => app.database.connect()));
      cleaners = dataSources.map((dataSource) => {
        const database = openAuthDatabase(dataSource);
        opened.push(database);
        const table = new SessionTable(database, authTables(dataSource, database.dialect), 'jwt');
        return new SessionCleaner(database, table, { retentionMs: 30 * DAY });
      });
    });
    afterAll(async () => {
      for (const database of opened) await database.close();
    });
    const clean = async () => {
      const counts = await Promise.all(cleaners.map((cleaner) => cleaner.clean()));
      return counts.reduce((sum, count) => sum + count, 0);
    };

    it('deletes what ended or expired longer ago than the retention, and nothing else', async () => {
      const [ended, expired, recent, alive] = await Promise.all(
        [1, 2, 3, 4].map(() => strictApp.newcomer()),
      );
      const ids = [ended, expired, recent, alive].map((one) => one?.pair.sessionId ?? '');
      const [endedId = '', expiredId = '', recentId = '', aliveId = ''] = ids;
      await app.sessions.end(endedId);
      await app.age(endedId, 31 * DAY);
      await app.age(expiredId, (14 + 31) * DAY);
      await app.sessions.end(recentId);
      await app.age(recentId, 29 * DAY);
      await clean();
      const left = await Promise.all(ids.map(async (id) => (await app.row(id))['id']));
      expect(left).toEqual([undefined, undefined, recentId, aliveId]);
      expect(await codeOf(app.sessions.refresh(ended?.pair.refreshToken ?? ''))).toBe(
        'session_ended',
      );
    });

    it('in batches, by many processes at once, each row once', async () => {
      const { pair } = await app.newcomer();
      const row = await app.row(pair.sessionId);
      await app.age(pair.sessionId, 60 * DAY);
      const columns = Object.keys(row)
        .filter((name) => name !== 'id')
        .join(', ');
      const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(
        ' UNION ALL ',
      );
      const text =
        kind === 'mariadb' ? "CONCAT('copy-', a.d, b.d, c.d)" : "'copy-' || a.d || b.d || c.d";
      await app.dataSource.query(
        `INSERT INTO auth_session (id, ${columns}) SELECT ${text}, ${columns} FROM auth_session, (${digits}) a, (${digits}) b, (${digits}) c WHERE id = '${pair.sessionId}'`,
      );
      expect(await clean()).toBe(1_001);
      expect(await app.row('copy-000')).toEqual({});
    });

    it('deletes sealed tokens after the leeway, not before', async () => {
      const { pair } = await app.newcomer();
      const next = await app.sessions.refresh(pair.refreshToken);
      await clean();
      expect(await app.row(pair.sessionId)).toMatchObject({ successor: expect.any(String) });
      await app.age(pair.sessionId, 61 * SECOND);
      await clean();
      expect(await app.row(pair.sessionId)).toMatchObject({ successor: null, retry_until: null });
      expect(await codeOf(app.sessions.refresh(next.refreshToken))).toBe('accepted');
    });

    it('leaves alone what other realms have', async () => {
      const { pair } = await strictApp.newcomer();
      await app.sessions.end(pair.sessionId);
      await app.age(pair.sessionId, 60 * DAY);
      await app.dataSource.query(
        `UPDATE auth_session SET realm = 'other' WHERE id = '${pair.sessionId}'`,
      );
      expect(await clean()).toBe(0);
    });
  });
});
