/** A refresh has a transaction of its own. Inside of one that holds the same session, it would wait for its caller. */
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { type AmbientApp, LIBRARIES } from './ambient-app.js';

const MISTAKE = {
  name: 'InvalidArgumentError',
  code: 'invalid_argument',
  message: expect.stringContaining('waited for it to end'),
};

describe.each(LIBRARIES)('$name', (library) => {
  describeOnDatabases((kind) => {
    let database: TestDatabase;
    let app: AmbientApp;
    let session: { readonly sessionId: string; readonly refreshToken: string };

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      app = await library.start({
        database,
        // The question is asked after a quarter of it.
        auth: { sessions: { lastSeenInterval: 0 }, strict: { timeout: '4s' } },
      });
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
    });
    beforeEach(async () => {
      const { sessionId, refreshToken = '' } = await app.auth.signIn(await app.addPerson());
      session = { sessionId, refreshToken };
    });

    /** Holds the session's row, as a change by the application does. On SQLite it holds the whole file. */
    const hold = (manager: EntityManager, id = session.sessionId) =>
      manager.query(`UPDATE auth_session SET device = device WHERE id = '${id}'`);
    const refresh = () => app.sessions.refresh(session.refreshToken);
    const touch = () => app.sessions.touch(session.sessionId, Date.now());

    it('a refresh behind its caller is a mistake of the caller, and rotates nothing', async () => {
      await app.transaction(async () => {
        await hold(app.manager());
        await expect(refresh()).rejects.toMatchObject(MISTAKE);
        // The transaction is as good as before.
        await hold(app.manager());
      });
      await refresh();
    });

    it('so is a touch', async () => {
      await app.transaction(async () => {
        await hold(app.manager());
        await expect(touch()).rejects.toMatchObject(MISTAKE);
      });
      expect(await touch()).toBeGreaterThan(0);
    });

    it('an open transaction that holds nothing of the session is in nobody’s way', async () => {
      await app.transaction(async () => {
        if (kind !== 'sqlite') await hold(app.manager(), randomUUID());
        expect(await touch()).toBeGreaterThan(0);
        await refresh();
      });
    });

    // On SQLite, the one lock is of the whole file, and the caller's share in it is not known.
    it.runIf(kind !== 'sqlite')(
      'a session that somebody else holds is no mistake: 503',
      async () => {
        const rival = await database.connect();
        const runner = rival.createQueryRunner();
        await runner.startTransaction();
        await hold(runner.manager);
        await app.transaction(async () => {
          await app.manager().query('SELECT 1');
          await expect(refresh()).rejects.toMatchObject({ code: 'auth_unavailable' });
          await app.manager().query('SELECT 1');
        });
        await runner.rollbackTransaction();
        await runner.release();
        await refresh();
      },
    );
  });
});
