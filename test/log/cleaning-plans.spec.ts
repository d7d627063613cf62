/** What the cleaners ask once a minute: nothing that reads a table from one end to the other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { purge } from '../../lib/log/purging.js';
import type { Statement, Work } from '../../lib/database/database.js';
import { LogCleaner } from '../../lib/log/purging.js';
import { authTables } from '../../lib/database/tables.js';
import { SessionTable } from '../../lib/sessions/session-table.js';
import { type LogProcess, logProcess } from './support/log-process.js';
import { allOf } from './support/plan-nodes.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';

const ROWS = 20_000;
const LIMIT = 500;
/** Far ahead: nothing is to be deleted. */
const LATER = 9_000_000_000_000;

const DIGITS = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ');
/** The numbers from 1 to 20,000 on every database. */
const NUMBERS =
  `(SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n FROM (${DIGITS}) a, (${DIGITS}) b,` +
  ` (${DIGITS}) c, (${DIGITS}) e, (SELECT 0 AS d UNION ALL SELECT 1) f) numbers`;

/** The same work, with its statements told. */
function* told<T>(work: Work<T>, statements: Statement[]): Work<T> {
  let step = work.next();
  while (step.done !== true) {
    statements.push(step.value);
    step = work.next(yield step.value);
  }
  return step.value;
}

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let one: LogProcess;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    one = await logProcess(database, { synchronize: true });
    const { source } = one;
    if (kind === 'postgres') {
      // No statistics, as of a table that has just grown.
      await source.query('ALTER TABLE auth_revocation SET (autovacuum_enabled = false)');
      await source.query('ALTER TABLE auth_session SET (autovacuum_enabled = false)');
    }
    await source.query(
      'INSERT INTO auth_revocation (id, realm, kind, ref, created_at, expires_at, seq, sequenced_at)' +
        ` SELECT n, 'jwt', 'subject', n, 1, ${LATER}, n, 1 FROM ${NUMBERS}`,
    );
    await source.query(`UPDATE auth_log_head SET head = ${ROWS}`);
    await source.query(
      'INSERT INTO auth_session (id, realm, user_id, subject, stamps, created_at, last_seen_at, idle_expires_at, expires_at, token_hash, retry_until)' +
        ` SELECT n, 'jwt', n, n, '{}', 1, 1, ${LATER}, ${LATER}, n, ${LATER} FROM ${NUMBERS}`,
    );
  });
  afterAll(() => database.drop());

  /** The names of the indexes that a statement goes by; `undefined` for a walk through a table. */
  const indexesOf = async ({ sql, params }: Statement): Promise<readonly unknown[]> => {
    const { source } = one;
    if (kind === 'sqlite') {
      const steps: { detail: string }[] = await source.query(`EXPLAIN QUERY PLAN ${sql}`, [
        ...params,
      ]);
      // By as many columns as it names.
      return steps.map(({ detail }) => /INDEX (\w+ \(.*<\?\))/.exec(detail)?.[1]);
    }
    if (kind === 'mariadb') {
      const steps: { key: unknown; rows: unknown }[] = await source.query(`EXPLAIN ${sql}`, [
        ...params,
      ]);
      for (const { rows } of steps) expect(Number(rows)).toBeLessThan(LIMIT);
      return steps.map(({ key }) => key);
    }
    const [row]: [{ 'QUERY PLAN': [{ Plan: Plan }] }] = await source.query(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      [...params],
    );
    const nodes = allOf(row['QUERY PLAN'][0].Plan);
    for (const node of nodes) expect(node['Rows Removed by Filter'] ?? 0).toBeLessThan(LIMIT);
    return nodes.flatMap((node) => node['Index Name'] ?? []);
  };

  const expected = (name: string, column: string) =>
    kind === 'sqlite' ? `${name} (realm=? AND ${column}<?)` : name;

  it('the event loop has its turn after each batch', async () => {
    const { source, database: auth, log } = one;
    await source.query('UPDATE auth_revocation SET seq = NULL');
    let turns = 0;
    let done = false;
    const count = () => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    // Numbers all of it first, 500 at a time.
    expect(await new LogCleaner(auth, log.table).clean()).toBe(0);
    done = true;
    expect(turns).toBeGreaterThanOrEqual(ROWS / 500);
    const [{ numbered }] = await source.query('SELECT COUNT(seq) AS numbered FROM auth_revocation');
    expect(Number(numbered)).toBe(ROWS);
  });

  it('rows of the log are found by when they expire', async () => {
    const { source, database: auth } = one;
    const log = { dialect: auth.dialect, tables: authTables(source, auth.dialect), realm: 'jwt' };
    const statements: Statement[] = [];
    await auth.transact(() => told(purge(log, LIMIT), statements));
    const old = statements.filter(({ sql }) => sql.includes('expires_at <'));
    expect(await Promise.all(old.map(indexesOf))).toEqual([
      [expected('auth_revocation_expires_at', 'expires_at')],
    ]);
  });

  it.each([
    [
      'auth_session_idle_expires_at',
      'idle_expires_at',
      (table: SessionTable) => table.endedBefore(0, LIMIT),
    ],
    ['auth_session_retry_until', 'retry_until', (table: SessionTable) => table.stillSealed(LIMIT)],
  ])('sessions are found by %s', async (index, column, work) => {
    const { source, database: auth } = one;
    const table = new SessionTable(auth, authTables(source, auth.dialect), 'jwt');
    const statements: Statement[] = [];
    await auth.transact(() => told(work(table), statements));
    expect(await Promise.all(statements.map(indexesOf))).toEqual([[expected(index, column)]]);
  });
});

interface Plan {
  readonly 'Index Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}
