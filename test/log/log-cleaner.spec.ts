/** Expired denials go by themselves, in batches, from every process at once; living ones stay. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { LogCleaner } from '../../lib/log/purging.js';
import { RevocationLog } from '../../lib/log/revocation-log.js';
import { AUTH_ENTITIES } from '../../lib/database/tables.js';
import { openAuthDatabase } from '../support/open-database.js';
import { authTables } from '../../lib/database/tables.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let processes: {
    source: DataSource;
    log: RevocationLog;
    cleaner: LogCleaner;
    close(): Promise<void>;
  }[];

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    processes = [];
    for (const synchronize of [true, false, false]) {
      const source = await database.connect({ entities: [...AUTH_ENTITIES], synchronize });
      const port = openAuthDatabase(source);
      const log = new RevocationLog({
        dialect: port.dialect,
        tables: authTables(source, port.dialect),
        realm: 'jwt',
      });
      await port.transact(() => log.prepare('g', 'k', 60_000));
      processes.push({
        source,
        log,
        cleaner: new LogCleaner(port, log.table),
        close: () => port.close(),
      });
    }
  });
  afterAll(async () => {
    for (const { close } of processes) await close();
    await database.drop();
  });

  it('deletes every expired row once and no other', async () => {
    const [first] = processes;
    if (first === undefined) throw new Error('no process');
    const now = Date.now();
    const row = (index: number, expires: number | null) =>
      `('${index}', 'jwt', 'token', 'jti-${index}', 'token_revoked', ${now}, ${expires === null ? 'NULL' : expires})`;
    const rows = [
      ...Array.from({ length: 1_750 }, (_, index) => row(index, now - 1_000)),
      ...Array.from({ length: 20 }, (_, index) => row(10_000 + index, now + 60_000)),
      row(20_000, null),
    ];
    await first.source.query(
      `INSERT INTO auth_revocation (id, realm, kind, ref, code, created_at, expires_at) VALUES ${rows.join(', ')}`,
    );
    const count = async (condition: string) => {
      const [found]: { n: number | string }[] = await first.source.query(
        `SELECT COUNT(*) AS n FROM auth_revocation WHERE ${condition}`,
      );
      return Number(found?.n);
    };
    const clean = () => Promise.all(processes.map(({ cleaner }) => cleaner.clean()));
    // Seen for the first time, they stay for the life of a token.
    expect(await clean()).toEqual([0, 0, 0]);
    // What none of them got to, because another one was at it.
    await first.cleaner.clean();
    const numbered = await count('seq IS NOT NULL');
    expect(numbered).toBe(rows.length);
    await first.source.query(`UPDATE auth_revocation SET sequenced_at = ${now - 3_600_000}`);
    // The row at the head stays in any case.
    const dead = await count(`expires_at < ${now} AND seq < ${numbered}`);
    expect(dead).toBeGreaterThanOrEqual(1_749);
    const deleted = await clean();
    expect(deleted.reduce((sum, each) => sum + each, 0)).toBe(dead);
    expect(await count('1 = 1')).toBe(rows.length - dead);
  });

  it('the longest token life only rises', async () => {
    const [first] = processes;
    if (first === undefined) throw new Error('no process');
    const port = openAuthDatabase(first.source);
    const life = async (ms: number) => {
      await port.transact(() => first.log.prepare('other', 'other', ms));
      const rows = await first.source.query<Record<string, unknown>[]>('SELECT * FROM auth_state');
      expect(rows).toMatchObject([{ realm: 'jwt', generation: 'g', stamp_key: 'k' }]);
      return Number(rows[0]?.['max_token_life']);
    };
    expect(await life(30_000)).toBe(60_000);
    expect(await life(90_000)).toBe(90_000);
    expect(await life(60_000)).toBe(90_000);
    await port.close();
  });
});
