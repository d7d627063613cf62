/** What is written to the table of sessions by hand counts, in either freshness, and gives one event. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthMigration } from 'nestjs-revocable-jwt';
import { planOf } from '../../lib/migration/auth-triggers.js';
import { openAuthDatabase } from '../support/open-database.js';
import { coverage } from '../../lib/log/triggers/coverage.js';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { watch } from '../support/watched-database.js';
import { type BothFreshness, bothFreshness } from './support/both-freshness.js';
import { codeOf } from './support/session-app.js';

const tableOf = (name: string) =>
  name.startsWith('auth_auth_session') ? 'auth_session' : 'person';

const DENIED = { kind: 'session', code: 'session_ended' };

describeOnDatabases((kind) => {
  let both: BothFreshness;
  beforeAll(async () => {
    both = await bothFreshness(kind);
  });
  afterAll(() => both.close());

  const run = (sql: string) => both.strict.dataSource.query(sql);
  const denials = async (sid: string): Promise<readonly object[]> =>
    run(`SELECT kind, code, reason FROM auth_revocation WHERE ref = '${sid}'`);

  const problems = async () => {
    const { dataSource } = both.strict;
    const plan = planOf(dataSource, { options: both.options });
    return (await coverage(openAuthDatabase(dataSource), dataSource, plan)).problems;
  };
  const names = async (): Promise<readonly string[]> => {
    const sql = {
      sqlite: "SELECT name FROM sqlite_master WHERE type = 'trigger'",
      postgres: 'SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal',
      mariadb:
        'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
    }[kind];
    const rows: { name: string }[] = await run(sql);
    return rows.map(({ name }) => name).filter((name) => /_end_/.test(name));
  };

  describe('ends a session, its access tokens and its refresh token', () => {
    const WAYS: readonly (readonly [string, (sid: string) => string])[] = [
      ['ended_at is set', (sid) => `UPDATE auth_session SET ended_at = 1 WHERE id = '${sid}'`],
      [
        'the idle end is moved to the past',
        (sid) => `UPDATE auth_session SET idle_expires_at = 1 WHERE id = '${sid}'`,
      ],
      [
        'the absolute end is moved to the past',
        (sid) => `UPDATE auth_session SET expires_at = 1 WHERE id = '${sid}'`,
      ],
      ['the row is deleted', (sid) => `DELETE FROM auth_session WHERE id = '${sid}'`],
      [
        'the row gets another id',
        (sid) => `UPDATE auth_session SET id = '${sid.replace(/.$/, 'x')}' WHERE id = '${sid}'`,
      ],
    ];
    it.each(WAYS)('%s', async (_, sql) => {
      const { pair } = await both.strict.newcomer();
      expect(await both.answers(pair.accessToken)).toEqual(['accepted', 'accepted']);
      await run(sql(pair.sessionId));
      expect(await both.answers(pair.accessToken)).toEqual(['session_ended', 'session_ended']);
      expect(await codeOf(both.strict.sessions.refresh(pair.refreshToken))).toBe('session_ended');
      expect(await denials(pair.sessionId)).toMatchObject([DENIED]);
    });

    it('many rows at once', async () => {
      const people = await Promise.all([1, 2, 3].map(() => both.strict.newcomer()));
      const ids = people.map(({ pair }) => `'${pair.sessionId}'`).join(', ');
      await run(`UPDATE auth_session SET ended_at = 1 WHERE id IN (${ids})`);
      for (const { pair } of people) expect(await denials(pair.sessionId)).toHaveLength(1);
    });

    it.runIf(kind === 'postgres')('TRUNCATE', async () => {
      const { pair } = await both.strict.newcomer();
      await run('TRUNCATE auth_session');
      expect(await both.answers(pair.accessToken)).toEqual(['session_ended', 'session_ended']);
    });

    it.runIf(kind === 'sqlite')('REPLACE by a row that has ended', async () => {
      const { pair } = await both.strict.newcomer();
      const row = { ...(await both.strict.row(pair.sessionId)), ended_at: 1 };
      const values = Object.values(row).map((value) =>
        typeof value === 'string' ? `'${value}'` : String(value),
      );
      await run(
        `REPLACE INTO auth_session (${Object.keys(row).join(', ')}) VALUES (${values.join(', ')})`,
      );
      expect(await both.answers(pair.accessToken)).toEqual(['session_ended', 'session_ended']);
    });
  });

  it('what is rolled back ends nothing', async () => {
    const { pair } = await both.strict.newcomer();
    const rolledBack = both.strict.dataSource.transaction(async (manager) => {
      await manager.query(`UPDATE auth_session SET ended_at = 1 WHERE id = '${pair.sessionId}'`);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await both.answers(pair.accessToken)).toEqual(['accepted', 'accepted']);
  });

  it('what the library ends is denied once, with its reason', async () => {
    const { person, pair } = await both.strict.newcomer();
    await both.strict.sessions.end(pair.sessionId, { reason: 'lost phone' });
    expect(await denials(pair.sessionId)).toMatchObject([{ ...DENIED, reason: 'lost phone' }]);
    const other = await both.strict.signIn(person);
    await both.strict.revocation.revokeSession(other.sessionId, { reason: 'logout' });
    expect(await denials(other.sessionId)).toMatchObject([{ ...DENIED, reason: 'logout' }]);
  });

  it('refreshing, renewing and cleaning report nothing', async () => {
    const { pair } = await both.strict.newcomer();
    const next = await both.strict.sessions.refresh(pair.refreshToken);
    await run(`UPDATE auth_session SET device = 'phone' WHERE id = '${pair.sessionId}'`);
    expect(await denials(pair.sessionId)).toEqual([]);
    await both.strict.sessions.end(next.sessionId);
    await run(`DELETE FROM auth_session WHERE id = '${pair.sessionId}'`);
    expect(await denials(pair.sessionId)).toHaveLength(1);
  });

  it('deleting an expired one reports nothing', async () => {
    const { pair } = await both.strict.newcomer();
    // By the clock that the triggers go by: it stands still however long the statement takes.
    const soon = `${openAuthDatabase(both.strict.dataSource).dialect.now} + 200`;
    await run(`UPDATE auth_session SET idle_expires_at = ${soon} WHERE id = '${pair.sessionId}'`);
    await new Promise((resolve) => setTimeout(resolve, 250));
    await run(`DELETE FROM auth_session WHERE id = '${pair.sessionId}'`);
    expect(await denials(pair.sessionId)).toEqual([]);
  });

  describe('sessions end with their user', () => {
    it('one that is deleted, and nobody else', async () => {
      const { person, pair } = await both.strict.newcomer();
      const other = await both.strict.newcomer();
      await both.strict.dataSource.getRepository(Person).delete({ id: person.id });
      const row = await both.strict.row(pair.sessionId);
      expect(row).toMatchObject({ ended_reason: 'account deleted', successor: null });
      expect(Number(row['ended_at'])).toBeGreaterThan(Date.now() - 60_000);
      expect(await both.answers(pair.accessToken)).toEqual(['account_deleted', 'account_deleted']);
      expect(await both.answers(other.pair.accessToken)).toEqual(['accepted', 'accepted']);
      expect(await codeOf(both.tracked.sessions.refresh(pair.refreshToken))).toBe('session_ended');
      // Also for the account that gets the id next.
      await both.strict.addPerson({ id: person.id, createdAt: new Date('2020-01-01') });
      expect(await codeOf(both.strict.sessions.refresh(pair.refreshToken))).toBe('session_ended');
      expect(await both.strict.sessions.list(person.id)).toEqual([]);
    });
  });

  describe('are part of what tracked freshness checks', () => {
    beforeEach(() => watch(both.strict.dataSource, both.options));

    it('each of them', async () => {
      expect(await problems()).toEqual([]);
      const all = await names();
      expect(all).toHaveLength({ sqlite: 4, postgres: 4, mariadb: 3 }[kind]);
      for (const name of all) {
        await run(`DROP TRIGGER ${name}${kind === 'postgres' ? ` ON ${tableOf(name)}` : ''}`);
        expect(await problems(), name).toHaveLength(1);
        await watch(both.strict.dataSource, both.options);
        expect(await problems()).toEqual([]);
      }
    });

    it('options without sessions need none, and the migration takes them away', async () => {
      const { sessions: _, ...without } = both.options;
      const plan = planOf(both.strict.dataSource, { options: without });
      expect(plan.sessions).toBeUndefined();
      const Watch = createAuthMigration({ tables: false, watch: { options: both.options } });
      const runner = both.strict.dataSource.createQueryRunner();
      await new Watch().down(runner);
      expect(await names()).toEqual([]);
      await new Watch().up(runner);
      await runner.release();
      expect(await problems()).toEqual([]);
    });
  });
});
