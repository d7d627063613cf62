import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseUncommittedReads } from '../../lib/database/mysql/server-checks.js';
import { openAuthDatabase } from '../support/open-database.js';
import { authOptions, startAuthApp } from '../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { canServe, OwnServer } from '../support/own-server.js';

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
    });
    afterAll(() => database.drop());

    it.each([
      ['READ UNCOMMITTED', false],
      ['READ COMMITTED', true],
      ['REPEATABLE READ', true],
    ])('sessions at %s are accepted: %s', async (level, fit) => {
      // One connection, so that every statement is of the session that was set.
      const dataSource = await database.connect({ poolSize: 1 });
      await dataSource.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
      const said = refuseUncommittedReads(openAuthDatabase(dataSource));
      if (fit) await said;
      else await expect(said).rejects.toThrow('Set transaction_isolation to READ-COMMITTED');
    });
  },
  ['mariadb'],
);

describe.skipIf(!canServe('mariadb'))('a server whose sessions are at READ UNCOMMITTED', () => {
  let server: OwnServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await OwnServer.make('mariadb', ['--transaction-isolation=READ-UNCOMMITTED']);
    database = await createTestDatabase('mariadb', server.url);
  });
  afterAll(() => server?.remove());

  it.each(['strict', 'tracked'] as const)('no %s process starts on it', async (mode) => {
    const auth = authOptions({ auth: { freshness: { mode } } });
    await expect(startAuthApp({ database, auth, jwt: auth.jwt })).rejects.toThrow(
      'Set transaction_isolation to READ-COMMITTED',
    );
  });
});
