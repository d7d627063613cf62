/** The end: requests in flight have their answers, and nothing of the module stays behind. */
import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { getEventListeners } from 'node:events';
import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { JwtAuthGuard, RevocationService } from 'nestjs-revocable-jwt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { strategies } from '../../lib/passport/strategy-registry.js';
import { startAuthApp } from '../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { ADAPTERS } from '../support/http.js';

/** Holds a request in its handler until the test opens it. */
class Gate {
  enter: () => void = () => undefined;
  open: () => void = () => undefined;
  readonly entered = new Promise<void>((resolve) => (this.enter = resolve));
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

@Controller()
class Slow {
  constructor(
    @Inject(Gate) private readonly gate: Gate,
    @Inject(RevocationService) private readonly revocation: RevocationService,
  ) {}

  @Get('slow')
  @UseGuards(JwtAuthGuard)
  async slow() {
    this.gate.enter();
    await this.gate.opened;
    // While the application closes, the database must still be there.
    await this.revocation.revokeSession('of a request in flight');
    return { ok: true };
  }
}

const resources = () =>
  process.getActiveResourcesInfo().filter((name) => !/^(?:Timeout|Immediate)$/.test(name)).length;

const registered = (): unknown => Reflect.get(Reflect.get(strategies, 'registrations'), 'size');

async function round(database: TestDatabase): Promise<void> {
  const app = await startAuthApp({ database });
  await app.whoami((await app.auth.signIn(await app.addPerson())).accessToken);
  await app.close();
}

describeOnDatabases((kind) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase(kind);
  });
  afterEach(() => database.drop());

  it.each(ADAPTERS)(
    'close() lets requests in flight finish, with the database: %s',
    async (adapter) => {
      const gate = new Gate();
      const app = await startAuthApp({
        database,
        adapter,
        controllers: [Slow],
        providers: [{ provide: Gate, useValue: gate }],
      });
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      // Else Fastify waits for the client to let go of the connection.
      const answer = app.get('slow', accessToken, { connection: 'close' });
      await gate.entered;
      let closed = false;
      const closing = app.close().then(() => (closed = true));
      // A turn of the event loop, in which a close that waits for nobody would be over.
      await new Promise((resolve) => setImmediate(resolve));
      expect(closed).toBe(false);
      gate.open();
      expect(await answer).toMatchObject({ status: 200, body: { ok: true } });
      await closing;
      await expect(fetch(app.url)).rejects.toThrow();
    },
  );

  it('afterwards its timers, its subscribers and its strategy are removed', async () => {
    const started = vi.spyOn(globalThis, 'setInterval');
    const stopped = vi.spyOn(globalThis, 'clearInterval');
    const app = await startAuthApp({ database });
    expect(app.dataSource.subscribers).not.toEqual([]);
    const strategiesBefore: unknown = registered();
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    await app.whoami(accessToken);
    const cleaner: unknown = started.mock.results.at(0)?.value;
    expect(cleaner).toBeDefined();
    await app.close();
    expect(stopped.mock.calls.map(([timer]) => timer)).toContain(cleaner);
    expect(app.dataSource.subscribers).toEqual([]);
    expect(registered()).toBe(Number(strategiesBefore) - 1);
    expect(app.dataSource.isInitialized).toBe(false);
    vi.restoreAllMocks();
    await expect(app.auth.authenticate(accessToken)).rejects.toMatchObject({
      code: 'auth_unavailable',
    });
  });

  it('many starts leave nothing behind', async () => {
    await round(database);
    const before = resources();
    const listeners = getEventListeners(process, 'exit').length;
    for (let index = 0; index < 3; index++) await round(database);
    // Sockets end a little after they were closed; keep-alive ones of `fetch` are its own.
    await expect.poll(resources).toBeLessThanOrEqual(before + 1);
    expect(getEventListeners(process, 'exit').length).toBe(listeners);
  });
});

describe('a SQLite file', () => {
  it('is closed: no handle on it, no side files of the write-ahead log', async () => {
    const database = await createTestDatabase('sqlite');
    const app = await startAuthApp({ database });
    await app.whoami((await app.auth.signIn(await app.addPerson())).accessToken);
    const file = database.url.replace('sqlite:', '');
    expect(await openHandles(file)).not.toBe(0);
    await app.close();
    // The last connection that closes removes them; one that was left open keeps them.
    expect([existsSync(`${file}-wal`), existsSync(`${file}-shm`)]).toEqual([false, false]);
    expect(await openHandles(file)).toBe(0);
    await database.drop();
    expect(existsSync(file)).toBe(false);
  });

  it('is closed also when the start fails', async () => {
    const database = await createTestDatabase('sqlite');
    const app = await startAuthApp({ database });
    await app.dataSource.query('ALTER TABLE auth_state RENAME TO gone');
    await app.close();
    const failing = await startAuthApp({ database, synchronize: false }).catch(
      (error: unknown) => error,
    );
    expect(failing).toBeInstanceOf(Error);
    // TypeORM's own connection stays: Nest closes no application that never was.
    expect(await openHandles(database.url.replace('sqlite:', ''))).toBeLessThanOrEqual(1);
    await database.drop();
  });
});

/** How often this process has a file open; 0 where the system does not say. */
async function openHandles(file: string): Promise<number> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(
    descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return targets.filter((target) => target === file).length;
}
