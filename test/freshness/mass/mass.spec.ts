/**
 * One statement changes every user, or denies as many tokens, under a process that follows the log.
 *
 *     npm run test:mass                                   a million
 *     MASS_CHANGES=200000 npm run test:mass
 *
 * The process gives up what it remembers and decides on reads meanwhile, and holds its event loop no
 * longer than for any other page. How long by the processor's clock is asserted always; by the wall's only
 * in the long form, and where the database's server has cores of its own: on two, the wall's tells how busy
 * that is.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FreshnessMonitor } from 'nestjs-revocable-jwt';
import { StoredLog } from '../../../lib/log/stored-log.js';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../../lib/freshness/tracked/lease.js';
import { LogReader } from '../../../lib/freshness/tracked/log-reader.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import { openAuthDatabase } from '../../support/open-database.js';
import { authTables } from '../../../lib/database/tables.js';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import {
  type DatabaseKind,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { heapInUse } from './heap.js';
import { type LoopHeld, watchLoop } from './loop-watch.js';

const CHANGES = Number(process.env['MASS_CHANGES'] ?? 10_000);
/** On a machine that does nothing else, with cores to spare. */
const IS_QUIET = CHANGES >= 1_000_000 && availableParallelism() >= 4;
const BOUND = 1_000;
/** Promised: how long the event loop is held, in milliseconds. */
const HELD = 50;
/** Promised: what an entry takes of the heap, its name included. */
const ENTRY_BYTES = 120;
const MEGABYTE = 2 ** 20;
const TIMEOUT = { timeout: 3_600_000 };

/** The numbers from 1 to so many, as a table with a column n. */
const NUMBERS: Record<DatabaseKind, (to: number) => string> = {
  postgres: (to) => `(SELECT n FROM generate_series(1, ${to}) n) numbers`,
  mariadb: (to) => `(SELECT seq AS n FROM seq_1_to_${to}) numbers`,
  sqlite: (to) =>
    `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${to}) SELECT n FROM s) numbers`,
};
const TEXT: Record<DatabaseKind, (prefix: string) => string> = {
  postgres: (prefix) => `'${prefix}' || n`,
  mariadb: (prefix) => `CONCAT('${prefix}', n)`,
  sqlite: (prefix) => `'${prefix}' || n`,
};
/** Writes in a process of its own: SQLite's driver would hold this one's event loop. */
const WRITER =
  "const db = require('better-sqlite3')(process.argv[1], { timeout: 60000 }); db.exec(process.argv[2]);";

describeOnDatabases((kind) => {
  const options = authOptions({
    auth: { freshness: { mode: 'tracked', maxStaleness: BOUND } },
  });
  let database: TestDatabase;
  let app: AuthApp;
  let writer: DataSource;

  const write = async (sql: string): Promise<unknown> =>
    kind === 'sqlite'
      ? promisify(execFile)(process.execPath, ['-e', WRITER, database.url.slice(7), sql])
      : writer.query(sql);
  const status = () => app.app.get(FreshnessMonitor).status();
  /** Statements that looked at a user. */
  const reads = () => app.queries.statements.filter((sql) => /FROM .?person\b/.test(sql)).length;
  const signedIn = async () => {
    const person = await app.addPerson();
    return app.auth.signIn(person);
  };
  /**
   * Until every row has its number and the process has read to the head; gives how long that took. A
   * request is answered meanwhile, on reads.
   */
  const quiet = async (token: string) => {
    const began = performance.now();
    for (;;) {
      expect((await app.whoami(token)).status).toBe(401);
      // By the index: on SQLite, counting a million rows blocks the event loop.
      const waiting: unknown[] = await writer.query(
        `SELECT 1 FROM auth_revocation WHERE realm = 'jwt' AND seq IS NULL LIMIT 1`,
      );
      if (waiting.length === 0 && status().logLag === 0) return performance.now() - began;
      await sleep(100);
    }
  };

  beforeAll(async () => {
    database = await watchedDatabase(kind, options);
    writer = await database.connect();
    await write(
      `INSERT INTO person (subject, email, password_hash, status, token_version, roles)` +
        ` SELECT ${TEXT[kind]('s')}, 'e', 'h', 'active', 0, '[]' FROM ${NUMBERS[kind](CHANGES)}`,
    );
    app = await startAuthApp({ database, synchronize: false, auth: options, jwt: options.jwt });
  }, TIMEOUT.timeout);
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  /** Runs a statement that ends the token, and looks at what it does to the process. */
  const flood = async (what: string, sql: string, token: string) => {
    const heapBefore = heapInUse();
    const stop = watchLoop();
    const began = performance.now();
    await write(sql);
    const committed = performance.now();
    for (let asked = committed; ; asked = performance.now()) {
      const { status } = await app.whoami(token);
      if (status === 401) break;
      expect(status).toBe(200);
      // By when it was asked: the answer may take its time.
      expect(asked - committed).toBeLessThan(BOUND);
    }
    const visible = performance.now() - committed;
    const numbered = await quiet(token);
    const held = stop();
    // What the test keeps of each statement is not the process's.
    app.queries.statements.length = 0;
    const heap = (heapInUse() - heapBefore) / MEGABYTE;
    console.log(
      `${kind}, ${CHANGES} ${what}: statement ${Math.round(committed - began)} ms, visible after ${Math.round(visible)} ms,` +
        ` numbered after ${Math.round(numbered)} ms, ${heldFor(held)}, heap ${heap.toFixed(1)} MB`,
    );
    return { held, heap };
  };

  describe.each([
    ['changed users', () => `UPDATE person SET token_version = token_version + 1`],
    [
      'denied tokens',
      (jti: string) =>
        `INSERT INTO auth_revocation (id, realm, kind, ref, code, created_at, expires_at)` +
        ` SELECT ${TEXT[kind]('d')}, 'jwt', 'token', CASE n WHEN 7 THEN '${jti}' ELSE ${TEXT[kind]('t')} END, 'token_revoked', ${Date.now()}, ${Date.now() + 86_400_000} FROM ${NUMBERS[kind](CHANGES)}`,
    ],
  ])('%s', (what, statement) => {
    it(
      'act within the bound, without blocking the event loop or filling memory',
      TIMEOUT,
      async () => {
        await sleep(1_100);
        const { accessToken, tokenId } = await signedIn();
        await sleep(1_100);
        expect((await app.whoami(accessToken)).status).toBe(200);
        const { held, heap } = await flood(what, statement(tokenId), accessToken);
        expect(held.byProcessor).toBeLessThanOrEqual(HELD);
        if (IS_QUIET) expect(held.byWall).toBeLessThanOrEqual(HELD);
        // A million entries would take a hundred.
        expect(heap).toBeLessThan(30);
        // What came after the last page that was a flood: a page of each kind.
        expect(status().overlaySize).toBeLessThanOrEqual(6_000);
        while (!status().isTracking) await sleep(50);
        expect(status().problems).toEqual([]);
      },
    );
  });

  it('tokens from after it are decided without a read again', TIMEOUT, async () => {
    await sleep(1_100);
    const { accessToken } = await signedIn();
    while (!status().isTracking) await sleep(50);
    const before = reads();
    for (let request = 0; request < 10; request++) {
      expect((await app.whoami(accessToken)).status).toBe(200);
    }
    expect(reads()).toBe(before);
  });

  it(
    'a process with room for all of it reads it at the start, and keeps little of each',
    TIMEOUT,
    async () => {
      // As many as are promised: where a map grows beyond two million entries, V8 holds the loop for 60 ms.
      await write(`DELETE FROM auth_revocation WHERE kind = 'subject'`);
      const port = openAuthDatabase(writer);
      const memory = {
        view: new LogView({ maxEntries: 10_000_000, maxBacklog: 20_000, maxCachedStates: 10 }),
        lease: new Lease(BOUND),
        pending: new PendingRevocations(),
      };
      const log = new StoredLog({
        database: port,
        tables: authTables(writer, port.dialect),
        realm: 'jwt',
        process: 'other',
      });
      const reader = new LogReader(log, memory, { intervalMs: BOUND, timeoutMs: 60_000 });
      const heapBefore = heapInUse();
      const stop = watchLoop();
      const began = performance.now();
      await reader.start();
      const took = Math.round(performance.now() - began);
      const held = stop();
      await reader.stop();
      const entries = memory.view.overlay.size;
      const bytes = Math.round((heapInUse() - heapBefore) / entries);
      await port.close();
      console.log(
        `${kind}, ${entries} entries at the start: ${took} ms, ${heldFor(held)}, ${bytes} bytes of heap each`,
      );
      expect(entries).toBeGreaterThanOrEqual(CHANGES);
      expect(held.byProcessor).toBeLessThanOrEqual(HELD);
      expect(bytes).toBeLessThanOrEqual(ENTRY_BYTES);
    },
  );
});

function heldFor({ byProcessor, byWall }: LoopHeld): string {
  return `event loop held ${byProcessor} ms (${byWall} ms by the wall)`;
}
