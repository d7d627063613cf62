/** What the sample application takes for a database that is away: 503 and not 500. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { isOutage } from '../../sample-app/database/outage.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';

const reasonOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let dataSource: DataSource;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      dataSource = new DataSource({
        type: 'postgres',
        url: database.url,
        extra: { query_timeout: 100 },
      });
      await dataSource.initialize();
    });
    afterAll(async () => {
      await dataSource.destroy();
      await database.drop();
    });

    it('not a statement that is wrong', async () => {
      const reason = await reasonOf(dataSource.query('SELECT nothing'));
      expect(reason).toBeInstanceOf(Error);
      expect(isOutage(reason)).toBe(false);
    });

    it('an answer that does not come', async () => {
      expect(isOutage(await reasonOf(dataSource.query('SELECT pg_sleep(1)')))).toBe(true);
    });
  },
  ['postgres'],
);
