/** The processes of a deployment ask each other how far they have read, by way of a table. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoredLog } from '../../../lib/log/stored-log.js';
import { ProcessTable } from '../../../lib/freshness/processes/process-table.js';
import { authTables } from '../../../lib/database/tables.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { type LogProcess, logProcess } from '../../log/support/log-process.js';

const HOUR = 3_600_000;

const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).sort();

describeOnDatabases((kind) => {
  let test: TestDatabase;
  let process: LogProcess;
  beforeAll(async () => {
    test = await createTestDatabase(kind);
    process = await logProcess(test, { synchronize: true });
  });
  beforeEach(() => process.source.query('DELETE FROM auth_process'));
  afterAll(async () => {
    await process.database.close();
    await test.drop();
  });

  const table = (maxStalenessMs: number, realm = 'jwt') =>
    new ProcessTable({
      database: process.database,
      tables: authTables(process.source, process.database.dialect),
      realm,
      maxStalenessMs,
    });
  const registered = async (maxStalenessMs: number, realm?: string) => {
    const made = table(maxStalenessMs, realm);
    await made.register();
    return made;
  };
  const seenBy = async ({ id }: ProcessTable) => {
    const { database, source } = process;
    const { dialect } = database;
    const { isRegistered, askedAt } = await new StoredLog({
      database,
      tables: authTables(source, dialect),
      realm: 'jwt',
      process: id,
    }).read(0);
    return { isRegistered, askedAt };
  };
  const set = (who: ProcessTable, what: string) =>
    process.source.query(`UPDATE auth_process SET ${what} WHERE id = '${who.id}'`);
  const now = async () => (await process.stored.read(0)).now;

  describe('a question', () => {
    it('is seen by every process, and open until it or a later one is answered', async () => {
      const [a, b] = [await registered(1_000), await registered(2_000)];
      const question = await a.ask();
      expect(await seenBy(b)).toEqual({ isRegistered: true, askedAt: question });
      expect(await a.behind(question)).toEqual(
        expect.arrayContaining([
          { id: a.id, maxStalenessMs: 1_000, leftForMs: undefined },
          { id: b.id, maxStalenessMs: 2_000, leftForMs: undefined },
        ]),
      );
      await a.acknowledge(question - 1);
      await b.acknowledge(question);
      expect(ids(await a.behind(question))).toEqual([a.id]);
      await a.acknowledge(question + 5);
      expect(await a.behind(question)).toEqual([]);
    });

    it('is greater than every number that was asked, answered or registered before, at any time of the clock', async () => {
      const [a, b] = [await registered(1_000), await registered(1_000)];
      const ahead = (await now()) + HOUR;
      for (const what of [`complete_as_of = ${ahead}`, `asked_at = ${ahead + 1_000}`]) {
        await set(b, what);
        const question = await a.ask();
        expect(question).toBeGreaterThan(ahead);
        expect(ids(await a.behind(question))).toContain(b.id);
      }
      const [first, second] = [await a.ask(), await b.ask()];
      expect(second).toBeGreaterThan(first);
      expect(ids(await a.behind(await a.ask()))).toEqual(ids([a, b]));
    });

    it('of a strict process reaches the others, and it owes no answer itself', async () => {
      const [strict, a] = [table(0), await registered(1_000)];
      const question = await strict.ask();
      expect((await seenBy(a)).askedAt).toBe(question);
      expect(ids(await strict.behind(question))).toEqual([a.id]);
      expect(await strict.ask()).toBeGreaterThan(question);
    });

    it('of another realm is not seen', async () => {
      const [a, other] = [await registered(1_000), await registered(1_000, 'other')];
      const question = await other.ask();
      expect((await seenBy(a)).askedAt).toBeNull();
      expect(ids(await other.behind(question))).toEqual([other.id]);
    });

    it('cannot be asked by one that is not in the table', async () => {
      await expect(table(1_000).ask()).rejects.toThrow('auth_process');
    });
  });

  it('an older answer that arrives later does not replace a newer one', async () => {
    const a = await registered(1_000);
    const question = await a.ask();
    await a.acknowledge(question);
    await a.acknowledge(question - 10);
    expect(await a.behind(question)).toEqual([]);
  });

  describe('given up', () => {
    it('it sees that in its next page, and is waited for again after it registers again', async () => {
      const a = await registered(1_000);
      const question = await a.ask();
      await a.giveUp([a.id], question);
      expect((await seenBy(a)).isRegistered).toBe(false);
      const [left] = await a.behind(question);
      expect(left?.leftForMs).toBeGreaterThanOrEqual(0);
      await a.register();
      expect((await seenBy(a)).isRegistered).toBe(true);
      expect(await a.behind(question)).toMatchObject([{ id: a.id, leftForMs: undefined }]);
    });

    it('not one that answered at the last moment', async () => {
      const a = await registered(1_000);
      const question = await a.ask();
      await a.acknowledge(question);
      await a.giveUp([a.id], question);
      expect((await seenBy(a)).isRegistered).toBe(true);
    });

    it('how long ago is counted from the first time', async () => {
      const a = await registered(1_000);
      const question = await a.ask();
      await a.giveUp([a.id], question);
      await set(a, 'left_at = left_at - 60000');
      await a.giveUp([a.id], question);
      expect((await a.behind(question))[0]?.leftForMs).toBeGreaterThanOrEqual(60_000);
    });
  });

  it('a process that leaves is not waited for', async () => {
    const [a, b] = [await registered(1_000), await registered(1_000)];
    await b.leave();
    expect(ids(await a.behind(await a.ask()))).toEqual([a.id]);
    expect((await seenBy(b)).isRegistered).toBe(false);
  });

  it('a row that was given up stays for an hour after its trust ends, and is alive again after a sign of life', async () => {
    const [alive, hasty, slow, gone] = [
      await registered(1_000),
      await registered(1_000),
      await registered(2 * HOUR),
      await registered(2 * HOUR),
    ];
    const present = await now();
    const left = {
      hasty: present - 10_000,
      slow: present - 2 * HOUR,
      gone: present - 3 * HOUR - 10_000,
    };
    for (const [who, at] of [
      [hasty, left.hasty],
      [slow, left.slow],
      [gone, left.gone],
    ] as const) {
      await set(who, `complete_as_of = ${present - 4 * HOUR}, left_at = ${at}`);
    }
    await alive.tidy();
    const rows: { id: string; left_at: unknown }[] = await process.source.query(
      'SELECT id, left_at FROM auth_process',
    );
    const leftAt = new Map(
      rows.map((row) => [row.id, row.left_at === null ? 0 : Number(row.left_at)]),
    );
    // The time of those that stay runs on.
    expect(leftAt).toEqual(
      new Map<string, number>([
        [alive.id, 0],
        [hasty.id, left.hasty],
        [slow.id, left.slow],
      ]),
    );
  });

  it('a process that follows the log is alive even if it asked long ago', async () => {
    const [asker, other] = [await registered(1_000), await registered(1_000)];
    await asker.ask();
    await set(asker, `asked_at = ${(await now()) - 2 * HOUR}`);
    await other.tidy();
    expect((await seenBy(asker)).isRegistered).toBe(true);
  });

  it('the number of a question is also an instant, so its answer is a sign of life', async () => {
    const [asker, other] = [await registered(1_000), await registered(1_000)];
    await set(asker, 'complete_as_of = 1');
    await set(other, 'complete_as_of = 1');
    await other.acknowledge(await asker.ask());
    await other.tidy();
    expect((await seenBy(other)).isRegistered).toBe(true);
  });

  it('a process that died is given up, and deleted only after it must have read that', async () => {
    const [alive, dead, gone, asked] = [
      await registered(1_000),
      await registered(1_000),
      await registered(1_000),
      table(0),
    ];
    await asked.ask();
    const long = (await now()) - 2 * HOUR;
    await set(dead, `complete_as_of = ${long}`);
    await set(gone, `complete_as_of = ${long}, left_at = ${long}`);
    await set(asked, `asked_at = ${long}`);
    await alive.tidy();
    const rows: { id: string }[] = await process.source.query('SELECT id FROM auth_process');
    expect(ids(rows)).toEqual(ids([alive, dead]));
    expect((await seenBy(dead)).isRegistered).toBe(false);
    expect((await seenBy(alive)).isRegistered).toBe(true);
  });
});
