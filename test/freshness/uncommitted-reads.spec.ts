import { afterAll, beforeAll, expect, it } from 'vitest';
import { refuseUncommittedReads } from '../../lib/freshness/uncommitted-reads.js';
import { openAuthDatabase } from '../../lib/schema/open-database.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';

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
    ])('sessions at %s are fit: %s', async (level, fit) => {
      // One connection, so that every statement is of the session that was set.
      const dataSource = await database.connect({ poolSize: 1 });
      await dataSource.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
      const said = refuseUncommittedReads(openAuthDatabase(dataSource));
      if (fit) await said;
      else await expect(said).rejects.toThrow('set transaction_isolation to READ-COMMITTED');
    });
  },
  ['mariadb'],
);
