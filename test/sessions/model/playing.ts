import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import {
  accountStatus,
  boundTo,
  session,
  type TokenPair,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAuthDatabase } from '../../support/open-database.js';
import { authTables } from '../../../lib/database/tables.js';
import { SessionCleaner } from '../../../lib/sessions/session-cleaner.js';
import { SessionTable } from '../../../lib/sessions/session-table.js';
import type { Person } from '../../support/person.entity.js';
import { codeOf, type SessionApp, startSessionApp } from '../support/session-app.js';
import { steppedDatabase } from '../support/stepped-database.js';
import { type Came, HOLDERS, type Play, playsOf, type Session } from './commands.js';
import { type Lives, SessionModel } from './session-model.js';

/** Each in a file of its own, so that they are played at the same time. */
const FILES = 2;
const { MODEL_RUNS = '1500', MODEL_SEED, MODEL_PATH, MODEL_REPLAY } = process.env;
const RUNS = Number(MODEL_RUNS) / FILES;
const SEED = Number(MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const NOON = Date.UTC(2030, 0, 1, 12);
const HOUR = 3_600_000;

/** What came of an attempt to get tokens. */
async function outcomeOf(attempt: Promise<TokenPair>): Promise<Came> {
  const pair = await attempt.catch(() => undefined);
  return pair === undefined ? { code: await codeOf(attempt) } : { code: 'accepted', pair };
}

/**
 * Random interleavings of tabs, lost answers, retries, a thief, logouts and clock steps, against the
 * real service on SQLite in memory: exactly one live successor, no false alarm within the leeway, no
 * second use outside of it.
 *
 * `MODEL_RUNS` says how many over both leeways, `MODEL_SEED` which. One that fails prints its seed,
 * the shortest play that fails, and what to give as `MODEL_PATH` and `MODEL_REPLAY` to play it alone.
 */
export function playWithLeeway(leewayMs: number): void {
  describe(`a leeway of ${leewayMs} ms, from seed ${SEED}`, () => {
    const lives: Lives = { leewayMs, idleMs: HOUR, maxMs: 1.5 * HOUR };
    let app: SessionApp;
    let cleaner: SessionCleaner;
    let person: Person;
    beforeAll(async () => {
      // The application's own cleaner stands still: one that came by unseen, before a clock that is set
      // back, would be taken for a fault.
      vi.useFakeTimers({ toFake: ['setInterval'] });
      app = await startSessionApp({
        database: steppedDatabase(),
        auth: {
          policies: [accountStatus(), session(), tokenVersion(), boundTo('passwordHash')],
          // The machine may have a lot to do; nothing here is about how long it takes.
          strict: { timeout: '60s' },
        },
        sessions: { leeway: leewayMs, idleTtl: lives.idleMs, maxTtl: lives.maxMs },
      });
      const database = openAuthDatabase(app.dataSource);
      const table = new SessionTable(database, authTables(app.dataSource, database.dialect), 'jwt');
      cleaner = new SessionCleaner(database, table, { retentionMs: 24 * HOUR });
      person = await app.addPerson({ passwordHash: 'first' });
      vi.useRealTimers();
    });
    afterEach(() => vi.useRealTimers());
    afterAll(() => app.close());

    const q = async (sql: string): Promise<void> => void (await app.dataSource.query(sql));

    async function begin(): Promise<{ play: Play; real: Session; sessionId: string }> {
      vi.setSystemTime(NOON);
      for (const table of ['auth_session', 'auth_revocation']) await q(`DELETE FROM ${table}`);
      await q(`UPDATE person SET status = 'active', token_version = 0, password_hash = 'first'`);
      const pair = await app.signIn(person);
      const { sessionId } = pair;
      const of = { userId: String(person.id), sessionId };
      let passwords = 0;
      const newPassword = () => `number ${++passwords}`;
      const { sessions } = app;
      const real: Session = {
        now: () => Date.now(),
        step: (ms) => void vi.setSystemTime(Date.now() + ms),
        refresh: (token, holder) =>
          outcomeOf(sessions.refresh(token, { userAgent: `holder ${holder}` })),
        request: (access) => codeOf(app.auth.authenticate(access).then(() => ({}))),
        logout: () => sessions.end(sessionId, { userId: person.id, reason: 'logout' }),
        setDisabled: (disabled) =>
          q(`UPDATE person SET status = '${disabled ? 'disabled' : 'active'}'`),
        bumpVersion: () => q('UPDATE person SET token_version = token_version + 1'),
        changePassword: () => q(`UPDATE person SET password_hash = '${newPassword()}'`),
        keep: () =>
          outcomeOf(
            app.dataSource.transaction(async (manager) => {
              await manager.query(`UPDATE person SET password_hash = '${newPassword()}'`);
              // A refusal takes the change back.
              return sessions.reissue(of, { manager });
            }),
          ),
        clean: async () => void (await cleaner.clean()),
      };
      const play: Play = {
        model: new SessionModel(lives, pair.refreshToken, NOON),
        holders: Array.from({ length: HOLDERS }, () => ({
          token: 0,
          access: pair.accessToken,
          password: 0,
        })),
        came: total,
      };
      return { play, real, sessionId };
    }

    /** What came in all plays together. */
    const total = new Map<string, number>();

    it(`${RUNS} plays`, { timeout: 3_600_000 }, async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: NOON });
      await fc.assert(
        fc.asyncProperty(playsOf(MODEL_REPLAY), async (commands) => {
          const { play, real, sessionId } = await begin();
          await fc.asyncModelRun(() => ({ model: play, real }), commands);
          // Exactly one is live, and it is the one that was handed out last.
          const row = await app.row(sessionId);
          const hash = createHash('sha256').update(play.model.current).digest('base64url');
          expect(row['token_hash']).toBe(hash);
          const last = await real.refresh(play.model.current, 0);
          expect(play.model.expected(play.model.newest, real.now())).toContain(last.code);
        }),
        {
          numRuns: RUNS,
          seed: SEED,
          // Reports show the message of an error, and not what caused it.
          includeErrorInReport: true,
          ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH }),
        },
      );
      console.log(`seed ${SEED}, leeway ${leewayMs} ms:`, Object.fromEntries(total));
      if (MODEL_PATH !== undefined) return;
      // Otherwise the promises would have been kept by refusing everything.
      for (const code of ['accepted', 'refresh_reused', 'session_ended']) {
        expect(total.get(code) ?? 0, code).toBeGreaterThan(RUNS / 20);
      }
    });
  });
}
