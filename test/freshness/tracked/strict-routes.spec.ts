/** `@Freshness('strict')`: refused is what this process, which decides on memory, has not read of yet. */
import { Controller, Get, type Type, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  CurrentUser,
  Freshness,
  FreshnessMonitor,
  JwtAuthGuard,
  JwtRolesGuard,
  OptionalAuth,
  type Principal,
} from 'nestjs-revocable-jwt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { describeOnDatabases, type TestDatabase } from '../../support/databases.js';
import { watchedDatabase } from '../../support/watched-database.js';

@Controller('method')
@UseGuards(JwtAuthGuard)
class ByMethod {
  @Get('plain')
  plain() {}

  @Get('strict')
  @Freshness('strict')
  strict() {}

  @Get('optional')
  @OptionalAuth()
  @Freshness('strict')
  optional(@CurrentUser() user: Principal | undefined) {
    return { user: user?.userId };
  }
}

@Controller('class')
@UseGuards(JwtRolesGuard)
@Freshness('strict')
class ByClass {
  @Get('strict')
  handle() {}

  // After a guard that decides on memory.
  @Get('second')
  @UseGuards(AuthGuard('jwt'), JwtAuthGuard)
  second() {}
}

/** What a class asks for is inherited, by methods that override others as well. */
@Controller('subclass')
class BySubclass extends ByClass {
  @Get('strict')
  override handle() {}

  @Get('own')
  own() {}
}

const CONTROLLERS: readonly Type[] = [ByMethod, ByClass, BySubclass];
const STRICT = [
  'method/strict',
  'class/strict',
  'class/second',
  'subclass/strict',
  'subclass/second',
  'subclass/own',
];

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let app: AuthApp;
  let byHand: Awaited<ReturnType<TestDatabase['connect']>>;
  beforeAll(async () => {
    const auth = authOptions({
      auth: {
        // This process hears of changes by others only after a quarter of this time.
        freshness: { mode: 'tracked', maxStaleness: '60s', wakeUp: 'poll' },
      },
    });
    database = await watchedDatabase(kind, auth);
    app = await startAuthApp({
      database,
      synchronize: false,
      auth,
      jwt: auth.jwt,
      controllers: CONTROLLERS,
    });
    byHand = await database.connect();
    // Tokens from before a process began to follow the log are read.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });

  const rowsRead = () => app.app.get(FreshnessMonitor).status().rowsRead;

  /** A token whose account was disabled by hand, where the process has not come to read of it yet. */
  const unread = async (ask: (token: string) => Promise<void>) => {
    for (;;) {
      const person = await app.addPerson();
      const { accessToken } = await app.auth.signIn(person);
      const before = rowsRead();
      await byHand.query(`UPDATE person SET status = 'disabled' WHERE id = ${person.id}`);
      const failure = await ask(accessToken).catch((error: unknown) => ({ error }));
      // Another turn, where the log was read in between.
      if (rowsRead() !== before) continue;
      if (failure !== undefined) throw failure.error;
      return;
    }
  };

  it.each(STRICT)('%s refuses, while another route still accepts', async (path) => {
    await unread(async (token) => {
      expect((await app.get('method/plain', token)).status).toBe(200);
      expect(await app.get(path, token)).toMatchObject({
        status: 401,
        body: { code: 'account_disabled' },
      });
    });
  });

  it.each(STRICT)('%s accepts users whose state did not change', async (path) => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    expect((await app.get(path, accessToken)).status).toBe(200);
  });

  it('on an optional route they are not signed in', async () => {
    await unread(async (token) => {
      expect((await app.get('method/plain', token)).status).toBe(200);
      const { status, body } = await app.get('method/optional', token);
      expect({ status, body }).toEqual({ status: 200, body: {} });
    });
    const person = await app.addPerson();
    const { accessToken } = await app.auth.signIn(person);
    expect((await app.get('method/optional', accessToken)).body).toEqual({
      user: String(person.id),
    });
  });
});
