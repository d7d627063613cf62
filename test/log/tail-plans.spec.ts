/** How PostgreSQL comes to a page of the log, whatever it believes to be in the table. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TailQuery } from '../../lib/log/tail-query.js';
import { authTables } from '../../lib/database/tables.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { type LogProcess, logProcess } from './support/log-process.js';
import { allOf } from './support/plan-nodes.js';

const ROWS = 30_000;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly Plan[];
}

const INSERT =
  "INSERT INTO auth_revocation (id, realm, kind, ref, created_at) SELECT n, 'jwt', 'subject', n, 1" +
  ` FROM generate_series(1, ${ROWS}) n`;
const NUMBER = 'UPDATE auth_revocation SET seq = id::bigint, sequenced_at = 1';
const ANALYZE = 'ANALYZE auth_revocation';

/** What became of the table, and when statistics were taken of it. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  'a flood, of which there are no statistics': [INSERT],
  'a flood, and statistics of before': [ANALYZE, INSERT],
  'a flood, and statistics of it': [INSERT, ANALYZE],
  'rows with numbers, of which there are no statistics': [INSERT, NUMBER],
  'rows with numbers, and statistics of before': [ANALYZE, INSERT, NUMBER],
  'rows with numbers, and statistics of when they were a flood': [INSERT, ANALYZE, NUMBER],
  'rows with numbers, and statistics of them': [INSERT, NUMBER, ANALYZE],
  'a flood, and statistics of when all had numbers': [
    INSERT,
    NUMBER,
    ANALYZE,
    'UPDATE auth_revocation SET seq = NULL',
  ],
};

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let one: LogProcess;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      one = await logProcess(database, { synchronize: true });
      // Statistics are what the test says they are.
      await one.source.query('ALTER TABLE auth_revocation SET (autovacuum_enabled = false)');
    });
    afterAll(() => database.drop());

    describe.each(Object.entries(TABLES))('%s', (_, statements) => {
      beforeAll(async () => {
        await one.source.query('TRUNCATE auth_revocation');
        await one.source.query(
          "DELETE FROM pg_statistic WHERE starelid = 'auth_revocation'::regclass",
        );
        for (const statement of statements) await one.source.query(statement);
        const head = `(SELECT COALESCE(MAX(seq), 0) FROM auth_revocation)`;
        await one.source.query(`UPDATE auth_log_head SET head = ${head}`);
      });

      it.each([0, 1, ROWS / 2, ROWS])(
        'the page after %i is read off the index',
        async (position) => {
          const { source, database: auth } = one;
          const log = {
            dialect: auth.dialect,
            tables: authTables(source, auth.dialect),
            realm: 'jwt',
          };
          const { sql, params } = new TailQuery(log, 'p').statement(position);
          const [{ 'QUERY PLAN': plans }]: [{ 'QUERY PLAN': [{ Plan: Plan }] }] =
            await source.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [...params]);
          const nodes = allOf(plans[0].Plan);
          // Only this is read: the row at the head, and two pages with one more row.
          const ofLog = nodes.filter((node) => node['Relation Name'] === 'auth_revocation');
          expect(ofLog.map((node) => node['Node Type'])).toEqual(ofLog.map(() => 'Index Scan'));
          expect(ofLog.length).toBe(3);
          expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort');
          for (const node of ofLog) expect(node['Actual Rows']).toBeLessThanOrEqual(2_002);
        },
      );
    });
  },
  ['postgres'],
);
