/** What others take away while a transaction is open must hold for the tokens that are made in it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountStatus, boundTo, issuedAfter, session, tokenVersion } from 'nestjs-revocable-jwt';
import type { EntityManager } from 'typeorm';
import {
  createTestDatabase,
  type DatabaseKind,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { codeOf, type SessionApp, startSessionApp } from './support/session-app.js';
import type { Device } from './support/session-app.js';
import { claimsOf } from '../support/tokens.js';

const POOL = 3;

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let app: SessionApp;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      const type = kind === 'postgres' ? 'postgres' : 'mysql';
      const policies = [accountStatus(), session(), tokenVersion(), issuedAfter()];
      app = await startSessionApp({
        database: { ...database, options: { type, url: database.url, poolSize: POOL } },
        auth: { policies: [...policies, boundTo('passwordHash')] },
      });
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
    });

    const set = ({ person }: Device, change: string) =>
      app.dataSource.query(`UPDATE person SET ${change} WHERE id = ${person.id}`);

    // As is usual there, and where each statement sees the state of the first.
    describe.each(['READ COMMITTED', 'REPEATABLE READ'] as const)('in %s', (isolation) => {
      /** As an application confirms who somebody is: it has looked at the row before. */
      const confirm = (
        { person, pair }: Device,
        meanwhile: (manager: EntityManager) => Promise<unknown>,
      ) =>
        app.dataSource.transaction(isolation, async (manager) => {
          await manager.findOneByOrFail(Person, { id: person.id });
          await meanwhile(manager);
          const me = { userId: String(person.id), sessionId: pair.sessionId };
          return app.sessions.reissue(me, { manager });
        });
      /** And as it changes a password. */
      const change = (device: Device, meanwhile: () => Promise<unknown>) =>
        confirm(device, async (manager) => {
          await meanwhile();
          const passwordHash = '$argon2id$two';
          await manager.update(Person, { id: device.person.id }, { passwordHash });
        });

      it.each<[string, (device: Device) => Promise<unknown>]>([
        ['the account is disabled', (device) => set(device, `status = 'disabled'`)],
        ['its version is raised', ({ person }) => app.revocation.revokeUser(person.id)],
        ['its session is ended', ({ pair }) => app.sessions.end(pair.sessionId)],
        [
          'its tokens are cut off',
          ({ person }) => app.revocation.revokeUser(person.id, { issuedBefore: new Date() }),
        ],
        [
          'everybody’s tokens are cut off',
          () => app.revocation.revokeAll({ issuedBefore: new Date() }),
        ],
        ['everybody is logged out', () => app.revocation.revokeAll()],
      ])('%s: there is no new pair', async (_, takeAway) => {
        const device = await app.newcomer();
        expect(await codeOf(change(device, () => takeAway(device)))).not.toBe('accepted');
      });

      // PostgreSQL does not let a transaction of this kind lock a row that it has not seen.
      it.skipIf(kind === 'postgres' && isolation === 'REPEATABLE READ')(
        'a role is removed: the new pair does not have it',
        async () => {
          const device = await app.newcomer({ roles: ['admin'] });
          const kept = await confirm(device, () => set(device, `roles = '[]'`));
          expect(claimsOf(kept.accessToken)['roles']).toEqual([]);
        },
      );

      it('more changes at once than the pool has connections all succeed', async () => {
        const devices = await Promise.all(Array.from({ length: 4 * POOL }, () => app.newcomer()));
        const kept = await Promise.all(
          devices.map((device) => change(device, () => Promise.resolve())),
        );
        expect(new Set(kept.map(({ sessionId }) => sessionId)).size).toBe(4 * POOL);
      });

      it('nothing is changed: there is a new pair', async () => {
        const device = await app.newcomer();
        const kept = await change(device, () => Promise.resolve());
        expect((await app.whoami(kept.accessToken)).status).toBe(200);
      });
    });
  },
  ['postgres', 'mariadb'],
);

/** TypeORM knows no other for SQLite; there each transaction has a snapshot. */
const ISOLATIONS = {
  postgres: ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'],
  mariadb: ['READ COMMITTED', 'REPEATABLE READ'],
  sqlite: ['SERIALIZABLE'],
} as const satisfies Readonly<Record<DatabaseKind, unknown>>;

describeOnDatabases((kind) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startSessionApp({ kind });
  });
  afterAll(() => app.close());

  const told = () =>
    app.events.filter(({ type }) => type === 'session_ended' || type === 'session_revoked');

  describe.each(ISOLATIONS[kind])('ending in %s', (isolation) => {
    const seesAll = kind === 'mariadb' || isolation === 'READ COMMITTED';
    const refusal = kind === 'sqlite' ? 'auth_unavailable' : 'invalid_argument';

    /** What a transaction ends that has looked at the user before somebody else signs in. */
    const ending = async (
      { person }: Pick<Device, 'person'>,
      end: (thief: Device, manager: EntityManager) => Promise<unknown>,
    ) => {
      const outcome: { thief?: Device; code?: string } = {};
      const transaction = app.dataSource.transaction(isolation, async (manager) => {
        await manager.findOneByOrFail(Person, { id: person.id });
        const thief = { person, pair: await app.signIn(person) };
        outcome.thief = thief;
        app.events.length = 0;
        await end(thief, manager);
      });
      const code = await codeOf(transaction);
      if (outcome.thief === undefined) throw new Error('nobody signed in');
      return { code, thief: outcome.thief };
    };
    const nobody = '00000000-0000-4000-8000-000000000000';
    it.each<[string, (thief: Device, manager: EntityManager) => Promise<unknown>]>([
      ['endAll', ({ person }, manager) => app.sessions.endAll(person.id, { manager })],
      [
        'endOthers',
        ({ person }, manager) =>
          app.sessions.endOthers({ userId: String(person.id), sessionId: nobody }, { manager }),
      ],
      ['end', ({ pair }, manager) => app.sessions.end(pair.sessionId, { manager })],
      [
        'endSessionOf',
        ({ pair }, manager) => app.sessions.endSessionOf(pair.refreshToken, { manager }),
      ],
      [
        'revokeSession',
        ({ pair }, manager) => app.revocation.revokeSession(pair.sessionId, { manager }),
      ],
    ])('%s: a session that was opened meanwhile has ended, or no event comes', async (_, end) => {
      for (const device of [await app.newcomer(), { person: await app.addPerson() }]) {
        const { code, thief } = await ending(device, end);
        expect(code).toBe(seesAll ? 'accepted' : refusal);
        const { sessionId, refreshToken } = thief.pair;
        if (seesAll) expect((await app.row(sessionId))['ended_at']).not.toBeNull();
        else expect(told()).toEqual([]);
        expect(await codeOf(app.sessions.refresh(refreshToken))).toBe(
          seesAll ? 'session_ended' : 'accepted',
        );
        // As the remedy says.
        await app.sessions.endAll(thief.person.id);
        expect(await codeOf(app.sessions.refresh(refreshToken))).toBe('session_ended');
      }
    });

    it("a user's cut-off is kept for a session that was opened meanwhile, or no event comes", async () => {
      const { code, thief } = await ending(await app.newcomer(), ({ person }, manager) =>
        app.revocation.revokeUser(person.id, { issuedBefore: new Date(), manager }),
      );
      expect(code).toBe(seesAll ? 'accepted' : refusal);
      const [denial] = await app.dataSource.query(
        `SELECT expires_at FROM auth_revocation WHERE ref = '${thief.pair.subject}' AND issued_before IS NOT NULL`,
      );
      if (!seesAll) return expect(denial).toBeUndefined();
      const { expires_at: end } = await app.row(thief.pair.sessionId);
      expect(Number(denial.expires_at)).toBeGreaterThan(Number(end));
    });

    it.skipIf(kind === 'sqlite')(
      'sessions that the call does not select may be opened meanwhile',
      async () => {
        const device = await app.newcomer();
        const { code, thief } = await ending(device, async ({ person, pair }, manager) => {
          const kept = { userId: String(person.id), sessionId: pair.sessionId };
          expect(await app.sessions.endOthers(kept, { manager })).toBe(1);
          const notHers = { manager, userId: person.id + 1_000_000 };
          expect(await app.sessions.end(pair.sessionId, notHers)).toBe(false);
        });
        expect(code).toBe('accepted');
        expect(await codeOf(app.sessions.refresh(thief.pair.refreshToken))).toBe('accepted');
      },
    );

    it('none was opened: all are ended, those of the transaction itself once', async () => {
      const { person, pair } = await app.newcomer();
      const other = await app.signIn(person);
      const me = { userId: String(person.id), sessionId: pair.sessionId };
      await app.dataSource.transaction(isolation, async (manager) => {
        await manager.findOneByOrFail(Person, { id: person.id });
        expect(await app.sessions.endOthers(me, { manager })).toBe(1);
        expect(await app.sessions.endAll(person.id, { manager })).toBe(1);
        await app.revocation.revokeSession(pair.sessionId, { manager });
      });
      for (const { refreshToken } of [pair, other]) {
        expect(await codeOf(app.sessions.refresh(refreshToken))).toBe('session_ended');
      }
    });
  });
});
