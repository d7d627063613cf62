/** SQLite lets a transaction begin without a lock, so others may commit before its first write. */
import Sqlite from 'better-sqlite3';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeyService } from 'nestjs-revocable-jwt';
import { Person } from '../support/person.entity.js';
import { type Device, type SessionApp, startSessionApp } from '../sessions/support/session-app.js';

let app: SessionApp;
let rival: Sqlite.Database;
beforeAll(async () => {
  app = await startSessionApp({ user: { subject: 'subject' } });
  rival = new Sqlite(app.database.url.replace('sqlite:', ''), { timeout: 0 });
  rival.exec('CREATE TABLE note (id integer PRIMARY KEY)');
});
afterAll(async () => {
  rival.close();
  await app.close();
});

/** Another process commits something; gives the error where it may not. */
const commit = (): unknown => {
  try {
    rival.exec('INSERT INTO note DEFAULT VALUES');
    return undefined;
  } catch (error) {
    return error;
  }
};

const WAYS: readonly (readonly [string, (who: Device, manager: EntityManager) => unknown])[] = [
  ['revokeUser', ({ person }, manager) => app.revocation.revokeUser(person.id, { manager })],
  [
    'revokeUser until now',
    ({ person }, manager) =>
      app.revocation.revokeUser(person.id, { manager, issuedBefore: new Date() }),
  ],
  ['revokeToken', ({ pair }, manager) => app.revocation.revokeToken(pair.accessToken, { manager })],
  [
    'revokeSession',
    ({ pair }, manager) => app.revocation.revokeSession(pair.sessionId, { manager }),
  ],
  [
    'replaceSubject',
    ({ person }, manager) => app.revocation.replaceSubject(person.id, { manager }),
  ],
  ['revokeAll', (_, manager) => app.revocation.revokeAll({ manager })],
  ['end', ({ pair }, manager) => app.sessions.end(pair.sessionId, { manager })],
  ['endAll', ({ person }, manager) => app.sessions.endAll(person.id, { manager })],
  [
    'endOthers',
    ({ person }, manager) =>
      app.sessions.endOthers({ userId: String(person.id), sessionId: 'other' }, { manager }),
  ],
  [
    'endSessionOf',
    ({ pair }, manager) => app.sessions.endSessionOf(pair.refreshToken, { manager }),
  ],
  [
    'reissue',
    ({ person, pair }, manager) =>
      app.sessions.reissue({ userId: String(person.id), sessionId: pair.sessionId }, { manager }),
  ],
  ['signIn', ({ person }, manager) => app.auth.signIn(person, { manager })],
  ['withdraw', (_, manager) => app.app.get(KeyService).withdraw('old', { manager, unknown: true })],
];

describe.each(WAYS)('%s in the transaction of the caller', (_, call) => {
  it('takes the lock first: nobody commits between its statements', async () => {
    const who = await app.newcomer();
    const refused: unknown[] = [];
    await app.dataSource.transaction(async (manager) => {
      const runner = manager.queryRunner;
      if (runner === undefined) throw new Error('no transaction');
      const query = runner.query.bind(runner);
      const between = vi.spyOn(runner, 'query').mockImplementation((...args: [string]) => {
        refused.push(commit());
        return query(...args);
      });
      await call(who, manager);
      between.mockRestore();
    });
    // Before the first statement it may.
    expect(refused.shift()).toBeUndefined();
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 'SQLITE_BUSY' });
  });

  it('after the caller has read old state: throws, and works when run again', async () => {
    const who = await app.newcomer();
    const transaction = (meanwhile?: () => unknown) =>
      app.dataSource.transaction(async (manager) => {
        await manager.findOneByOrFail(Person, { id: who.person.id });
        meanwhile?.();
        return call(who, manager);
      });
    await expect(transaction(commit)).rejects.toMatchObject({
      code: 'auth_unavailable',
      cause: {
        name: 'AuthDatabaseError',
        code: 'SQLITE_BUSY_SNAPSHOT',
        message: expect.stringContaining('run it again'),
        cause: { driverError: { code: 'SQLITE_BUSY_SNAPSHOT' } },
      },
    });
    expect((await app.whoami(who.pair.accessToken)).status).toBe(200);
    await transaction();
  });
});
