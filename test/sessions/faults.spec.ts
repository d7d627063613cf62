/** A store that fails at any step of a refresh costs nothing: the token counts, or a retry is answered. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createTestDatabase,
  describeOnDatabases,
  reachedAt,
  type TestDatabase,
} from '../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../support/fault-proxy.js';
import { codeOf, type Device, type SessionApp, startSessionApp } from './support/session-app.js';
import { WAIT_LIMIT_MS } from '../support/wait-limit.js';

/** The steps of a refresh, by the statements that a server is sent. */
const STEPS = {
  begin: /START TRANSACTION|BEGIN/,
  lock: /FROM \S?auth_session\S? WHERE id = .*FOR UPDATE/,
  read: /UNION ALL SELECT/,
  update: /UPDATE \S?auth_session\S? SET/,
  commit: /COMMIT(?!TED)/,
} as const;

/** What is committed before a step fails, as the next one to ask finds it. */
async function expectNothingLost(app: SessionApp, { pair }: Device, rotated: boolean) {
  const { token_hash: stored } = await app.row(pair.sessionId);
  expect(stored === hashOf(pair.refreshToken)).toBe(!rotated);
  const retried = await app.sessions.refresh(pair.refreshToken);
  if (rotated) expect(hashOf(retried.refreshToken)).toBe(stored);
  expect(await app.whoami(retried.accessToken)).toMatchObject({ status: 200 });
  expect(await codeOf(app.sessions.refresh(retried.refreshToken))).toBe('accepted');
  expect(app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let proxy: FaultProxy;
    let app: SessionApp;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      proxy = await faultProxyTo(database.url);
      const type = kind === 'postgres' ? 'postgres' : 'mysql';
      app = await startSessionApp({
        database: { ...database, options: { type, url: proxy.url } },
        auth: { strict: { timeout: '5s' } },
      });
    });
    afterAll(async () => {
      await app.close();
      await proxy.close();
      await database.drop();
    });
    beforeEach(() => void (app.events.length = 0));
    afterEach(() => proxy.heal());

    describe('the connection ends', () => {
      it.each(Object.entries(STEPS))('before %s', async (_, statement) => {
        const device = await app.newcomer();
        proxy.cutAt(statement, 'before');
        expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe(
          'auth_unavailable',
        );
        expect(proxy.hasCut).toBe(true);
        await expectNothingLost(app, device, false);
      });

      it.each(Object.entries(STEPS))('after %s, before its answer', async (step, statement) => {
        const device = await app.newcomer();
        proxy.cutAt(statement, 'after');
        expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe(
          'auth_unavailable',
        );
        expect(proxy.hasCut).toBe(true);
        await expectNothingLost(app, device, step === 'commit');
      });

      it.each(['before', 'after'] as const)('%s the commit of a sign-in', async (when) => {
        const person = await app.addPerson();
        proxy.cutAt(STEPS.commit, when);
        expect(await codeOf(app.signIn(person))).toBe('auth_unavailable');
        await expectNothingLost(app, { person, pair: await app.signIn(person) }, false);
      });

      it.each([
        ['before', 'update', 'refresh_reused'],
        ['before', 'commit', 'refresh_reused'],
        ['after', 'commit', 'session_ended'],
      ] as const)('%s the %s of a replay: the alarm is raised', async (when, step, code) => {
        const { pair } = await app.newcomer();
        await app.sessions.refresh(pair.refreshToken);
        await app.age(pair.sessionId, 11_000);
        app.events.length = 0;
        proxy.cutAt(STEPS[step], when);
        expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('auth_unavailable');
        expect(proxy.hasCut).toBe(true);
        const alarm = { type: 'refresh_reused', sessionId: pair.sessionId, replay: 'after_leeway' };
        expect(app.events).toMatchObject([alarm]);
        // The next use learns the outcome. If it is a replay again, that is reported again.
        app.events.length = 0;
        expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe(code);
        expect(app.events).toMatchObject(
          code === 'refresh_reused'
            ? [alarm, { type: 'session_ended', sessionId: pair.sessionId }]
            : [{ type: 'refresh_refused', code }],
        );
        expect(await app.whoami(pair.accessToken)).toMatchObject({
          body: { code: 'session_ended' },
        });
      });
    });

    it('a replay whose transaction ends after the deadline: the alarm is raised once', async () => {
      const hasty = await startSessionApp({
        database: reachedAt(database, proxy.url),
        synchronize: false,
        jwt: app.options.jwt,
        auth: { strict: { timeout: '2s' } },
      });
      const { pair } = await hasty.newcomer();
      await hasty.sessions.refresh(pair.refreshToken);
      await hasty.age(pair.sessionId, 11_000);
      hasty.events.length = 0;
      // Each statement is answered in time, and all of them are not.
      proxy.fault({ delayMs: 500 }, 'toServer');
      expect(await codeOf(hasty.sessions.refresh(pair.refreshToken))).toBe('auth_unavailable');
      expect(hasty.events).toEqual([]);
      await vi.waitFor(() => expect(hasty.events).not.toEqual([]), WAIT_LIMIT_MS);
      proxy.heal();
      expect(await codeOf(hasty.sessions.refresh(pair.refreshToken))).toBe('session_ended');
      const alarms = hasty.events.filter(({ type }) => type === 'refresh_reused');
      expect(alarms).toMatchObject([{ sessionId: pair.sessionId, replay: 'after_leeway' }]);
      await hasty.close();
    });

    it('during fifty uses at once, all answers have the same successor', async () => {
      const { pair } = await app.newcomer();
      proxy.cutAt(STEPS.commit, 'after');
      const all = await Promise.allSettled(
        Array.from({ length: 50 }, () => app.sessions.refresh(pair.refreshToken)),
      );
      const given = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(given.length).toBeGreaterThan(40);
      expect(new Set(given.map(({ refreshToken }) => refreshToken)).size).toBe(1);
      expect(app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
    });
  },
  ['postgres', 'mariadb'],
);

/** Fails what updates a session. */
function onUpdate(statement: string): string {
  return `CREATE TRIGGER fails BEFORE UPDATE ON auth_session BEGIN ${statement}; END`;
}

describe('sqlite', () => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startSessionApp({ auth: { strict: { timeout: '1s' } } });
    await app.dataSource.query(`CREATE TABLE parent (id integer PRIMARY KEY)`);
    await app.dataSource.query(
      'CREATE TABLE child (parent integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)',
    );
  });
  afterAll(() => app.close());
  beforeEach(() => void (app.events.length = 0));

  const failing = async (device: Device, fault: string, undo: string) => {
    await app.dataSource.query(fault);
    expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe('auth_unavailable');
    await app.dataSource.query(undo);
    await expectNothingLost(app, device, false);
  };

  it('before the read: another connection holds the lock', async () => {
    const device = await app.newcomer();
    const runner = app.dataSource.createQueryRunner();
    await runner.query('BEGIN IMMEDIATE');
    expect(await codeOf(app.sessions.refresh(device.pair.refreshToken))).toBe('auth_unavailable');
    await runner.query('ROLLBACK');
    await expectNothingLost(app, device, false);
  });

  it('a refresh that nobody waits for does not use the token, even if its turn comes late', async () => {
    for (let time = 0; time < 8; time++) {
      const { pair } = await app.newcomer();
      const runner = app.dataSource.createQueryRunner();
      await runner.query('BEGIN IMMEDIATE');
      expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('auth_unavailable');
      await runner.query('ROLLBACK');
      const second = await app.sessions.refresh(pair.refreshToken);
      const third = await app.sessions.refresh(second.refreshToken);
      // Longer than the pause after which a locked database is tried again.
      await sleep(60);
      expect(await codeOf(app.sessions.refresh(third.refreshToken))).toBe('accepted');
      expect(app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
    }
  });

  it('at the update: it is refused', async () => {
    await failing(
      await app.newcomer(),
      onUpdate("SELECT RAISE(ABORT, 'disk I/O error')"),
      'DROP TRIGGER fails',
    );
  });

  it('at the update: the whole transaction is rolled back', async () => {
    await failing(
      await app.newcomer(),
      onUpdate("SELECT RAISE(ROLLBACK, 'database or disk is full')"),
      'DROP TRIGGER fails',
    );
  });

  it('at the commit: it fails', async () => {
    await failing(
      await app.newcomer(),
      onUpdate('INSERT INTO child (parent) VALUES (7)'),
      'DROP TRIGGER fails',
    );
  });
});

describeOnDatabases((kind) => {
  it('after the commit the process dies: another one answers the retry with the same successor', async () => {
    const database = await createTestDatabase(kind);
    const first = await startSessionApp({ database });
    const device = await first.newcomer();
    const lost = await first.sessions.refresh(device.pair.refreshToken);
    const { secret } = first.options.jwt;
    await first.close();
    const second = await startSessionApp({
      database,
      synchronize: false,
      ...(secret === undefined ? {} : { jwt: { secret } }),
    });
    const retried = await second.sessions.refresh(device.pair.refreshToken);
    expect(retried.refreshToken).toBe(lost.refreshToken);
    expect(await second.whoami(lost.accessToken)).toMatchObject({ status: 200 });
    await second.age(device.pair.sessionId, 11_000);
    expect(await codeOf(second.sessions.refresh(device.pair.refreshToken))).toBe('refresh_reused');
    await second.close();
    await database.drop();
  });
});
