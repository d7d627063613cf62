/** How many sessions a user may have, also for sign-ins at the same moment by several processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionOptions } from 'nestjs-revocable-jwt';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import type { Person } from '../support/person.entity.js';
import { codeOf, type SessionApp, startSessionApp } from './support/session-app.js';

const devices = async ([app]: SessionApp[], { id }: Person) =>
  ((await app?.sessions.list(id)) ?? []).map(({ device }) => device);
/** Sign-ins of somebody new at the same moment, by turns in each process. */
const atOnce = async (apps: SessionApp[], labels: readonly (string | undefined)[]) => {
  const person = await apps[0]?.addPerson();
  if (person === undefined) throw new Error('There is no process.');
  const attempts = labels.map((label, index) => apps[index % 2]?.signIn(person, label));
  const settled = await Promise.allSettled(attempts);
  const pairs = settled.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
  return { person, pairs, settled };
};

describeOnDatabases((kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
  });
  afterAll(() => database.drop());

  /** Two processes with this limit. */
  const withLimit = (limit: SessionOptions['limit'], suite: (apps: () => SessionApp[]) => void) =>
    describe(JSON.stringify(limit), () => {
      const apps: SessionApp[] = [];
      beforeAll(async () => {
        const first = await startSessionApp({ database, sessions: { limit } });
        const { jwt } = first.options;
        const again = { database, synchronize: false, jwt, sessions: { limit } };
        apps.push(first, await startSessionApp(again));
      });
      afterAll(async () => {
        for (const app of apps) await app.close();
      });
      suite(() => apps);
    });

  withLimit('unlimited', (apps) => {
    it('accepts all', async () => {
      const { person } = await atOnce(apps(), ['a', 'a', 'b']);
      expect(await devices(apps(), person)).toHaveLength(3);
    });
  });

  withLimit({ newest: 2 }, (apps) => {
    it('a further sign-in ends the oldest, and its tokens', async () => {
      const [app] = apps();
      if (app === undefined) throw new Error('There is no process.');
      const { person, pair: oldest } = await app.newcomer();
      const older = await app.signIn(person, 'b');
      // Sign-ins of the same millisecond have no order.
      await app.age(oldest.sessionId, 2_000);
      await app.age(older.sessionId, 1_000);
      app.events.length = 0;
      const newest = await app.signIn(person, 'c');
      expect(await devices(apps(), person)).toEqual(['c', 'b']);
      expect(app.events).toContainEqual(
        expect.objectContaining({
          type: 'session_ended',
          sessionId: oldest.sessionId,
          reason: 'replaced by a newer sign-in',
        }),
      );
      expect(await codeOf(app.sessions.refresh(oldest.refreshToken))).toBe('session_ended');
      expect(await app.whoami(oldest.accessToken)).toMatchObject({
        body: { code: 'session_ended' },
      });
      for (const { accessToken } of [older, newest]) {
        expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
      }
    });

    it('of many at the same moment two stay', async () => {
      const { person, pairs } = await atOnce(apps(), Array.from({ length: 8 }));
      expect(pairs).toHaveLength(8);
      expect(await devices(apps(), person)).toHaveLength(2);
    });

    it('does not count sessions that the decision already refuses', async () => {
      const [app] = apps();
      if (app === undefined) throw new Error('There is no process.');
      const { person, pair } = await app.newcomer();
      await app.age(pair.sessionId, 15 * 86_400_000);
      const kept = await app.signIn(person);
      await app.signIn(person);
      expect(await codeOf(app.sessions.refresh(kept.refreshToken))).toBe('accepted');
    });
  });

  withLimit({ refuse: 2 }, (apps) => {
    it('of many at the same moment two succeed', async () => {
      const { person, pairs, settled } = await atOnce(apps(), Array.from({ length: 8 }));
      expect(pairs).toHaveLength(2);
      const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      for (const reason of refused) expect(reason).toMatchObject({ code: 'session_limit' });
      expect(await devices(apps(), person)).toHaveLength(2);
    });

    it('a sign-out makes room', async () => {
      const { person, pairs } = await atOnce(apps(), ['a', 'b']);
      const [app] = apps();
      expect(await codeOf(app?.signIn(person) ?? Promise.reject(new Error('no')))).toBe(
        'session_limit',
      );
      await app?.sessions.end(pairs[0]?.sessionId ?? '');
      expect(await app?.signIn(person, 'c')).toBeDefined();
    });
  });

  withLimit('one-per-device', (apps) => {
    it('a sign-in ends those with the same label, and no other', async () => {
      const { person } = await atOnce(apps(), ['phone', 'phone', 'laptop', 'phone']);
      expect((await devices(apps(), person)).sort()).toEqual(['laptop', 'phone']);
    });

    it('sessions without a label do not replace each other', async () => {
      const { person } = await atOnce(apps(), [undefined, undefined]);
      expect(await devices(apps(), person)).toEqual([null, null]);
    });
  });
});
