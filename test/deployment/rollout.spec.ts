/** Two versions of an application side by side, with other policies and lifetimes, on one database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AppProcess, start } from '../sample-app/support/process.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { whoami } from './support/http.js';
import { Observer, type Target } from './support/observer.js';
import { whoAccepts } from './support/recovery.js';
import { type Side, sideOf } from './support/side.js';
import type { Holder } from './support/tokens.js';
import { bound, isFull } from './support/sizes.js';
import { send } from '../support/http.js';

const BOUND_MS = bound(500);
const SMALL_APP = 'test/deployment/support/small-app.mjs';

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let side: Side;
    const running: AppProcess[] = [];
    const launch = async (name: string, env: NodeJS.ProcessEnv): Promise<Target> => {
      const freshness =
        BOUND_MS === undefined
          ? { mode: 'strict' }
          : { mode: 'tracked', maxStaleness: BOUND_MS, wakeUp: 'poll' };
      const given = { DATABASE_URL: database.url, FRESHNESS: JSON.stringify(freshness), ...env };
      const app = await start(given, SMALL_APP);
      running.push(app);
      return { name, url: app.url, isRunning: true };
    };
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      side = await sideOf(database);
    });
    let observer: Observer | undefined;
    afterEach(() => observer?.stop());
    afterAll(async () => {
      await Promise.all(running.map((app) => app.stop('SIGTERM')));
      await database.drop();
    });

    it('the new version waits for its triggers, and the old one works with them', async () => {
      const old = await launch('old', { VERSION: 'old', MIGRATE: 'old', ACCESS_TOKEN_TTL: '60s' });
      for (let id = 1; id <= 6; id++) {
        await side.run(`INSERT INTO members (id, roles) VALUES (${id}, 'reader')`);
      }
      await sleep(1_100);
      const before = await signIn(old, 1);
      if (BOUND_MS !== undefined) {
        await expect(launch('new', { VERSION: 'new' })).rejects.toThrow(/no trigger watches/);
      }
      const next = await launch('new', { VERSION: 'new', MIGRATE: 'new', ACCESS_TOKEN_TTL: '1h' });
      const targets = [old, next];
      await sleep(1_100);
      expect((await whoami(old.url, before)).status).toBe(200);
      // It lacks the stamp that the new version asks for, which is no reason to let it in.
      expect(await whoami(next.url, before)).toMatchObject({ code: 'credentials_changed' });

      observer = new Observer(targets, BOUND_MS ?? 0, 10);
      const byOld = await Promise.all([2, 3].map((id) => signIn(old, id)));
      // Issued well after all triggers were there, and still under other policies: read, not believed.
      for (const token of byOld) {
        expect((await whoami(old.url, token)).status).toBe(200);
        expect(await whoami(next.url, token)).toMatchObject({ code: 'credentials_changed' });
      }
      const byNew = await Promise.all([2, 3, 4, 5].map((id) => signIn(next, id)));
      for (const token of byNew)
        expect(await whoAccepts({ members: targets }, { token })).toHaveLength(2);
      const [disabled, raised, , rehashed] = byNew.map((token) => observer?.watch(holder(token)));
      const stays = observer.watch(holder(await signIn(next, 6)));
      if (disabled === undefined || raised === undefined || rehashed === undefined)
        throw new Error();
      await sleep(200);

      await observer.revoke(disabled, () =>
        side.run(`UPDATE members SET status = 'off' WHERE id = 2`),
      );
      await observer.revoke(raised, () =>
        side.run(`UPDATE members SET ${side.q('tokenVersion')} = 1 WHERE id = 3`),
      );
      await sleep((BOUND_MS ?? 0) + 200);
      for (const token of [...byOld, ...byNew.slice(0, 2)]) {
        expect(await whoAccepts({ members: targets }, { token })).toEqual([]);
      }
      // Which of the two looks at the password decides who refuses.
      observer.unwatch(rehashed);
      await side.run(`UPDATE members SET ${side.q('passwordHash')} = 'y' WHERE id = 5`);
      await sleep((BOUND_MS ?? 0) + 100);
      const changed = byNew[3] ?? '';
      expect(await whoami(next.url, changed)).toMatchObject({ code: 'credentials_changed' });
      expect((await whoami(old.url, changed)).status).toBe(200);
      // What the new version alone watches gives the old one something to read, and nothing to refuse.
      await side.run(`UPDATE members SET roles = 'writer' WHERE id = 6`);
      await sleep((BOUND_MS ?? 0) + 200);
      expect(await whoAccepts({ members: targets }, stays.holder)).toHaveLength(2);
      expect(observer.violations).toEqual([]);
    }, 60_000);

    it('a log row lives as long as the longest-lived token of either', async () => {
      const [row] = await side.rows('SELECT max_token_life AS life FROM auth_state');
      expect(Number(row?.['life'])).toBe(3_600_000);
      // But for the row that the first process put at the head, before there was another version: it
      // concerns tokens from before it.
      const [kept] = await side.rows(
        `SELECT MIN(expires_at - created_at) AS life FROM auth_revocation WHERE kind = 'subject' AND created_at > 0`,
      );
      expect(Number(kept?.['life'])).toBeGreaterThanOrEqual(3_600_000);
    });
  },
  isFull ? ['postgres', 'mariadb'] : ['postgres'],
);

async function signIn({ url }: Target, id: number): Promise<string> {
  const { body } = await send(`${url}/auth/login/${id}`, { method: 'POST' });
  return String(body.accessToken);
}

/** Nothing but the token is asked for here. */
function holder(token: string): Holder {
  return { token, jti: '', sid: '', subject: '', userId: '' };
}
