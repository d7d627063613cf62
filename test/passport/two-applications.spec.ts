/**
 * Two Nest applications in one process. `passport` is one object for both, and the last to register
 * `jwt` would answer for all.
 */
import { Controller, Get, Injectable, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import type { Person } from '../support/person.entity.js';

type Adapter = 'express' | 'fastify';
const PAIRS: readonly (readonly [Adapter, Adapter])[] = [
  ['express', 'express'],
  ['fastify', 'fastify'],
  ['express', 'fastify'],
  ['fastify', 'express'],
];
const ROUTES = ['whoami', 'passport'];

async function tokenOf(app: AuthApp, person: Partial<Person> = {}): Promise<string> {
  return (await app.auth.signIn(await app.addPerson(person))).accessToken;
}

describe.each(PAIRS)('%s, and then %s', (firstAdapter, secondAdapter) => {
  let first: AuthApp;
  let second: AuthApp;
  let closed = false;
  beforeAll(async () => {
    first = await startAuthApp({ adapter: firstAdapter });
    second = await startAuthApp({ adapter: secondAdapter });
  });
  afterAll(async () => {
    if (!closed) await first.close();
    await second.close();
  });

  it.each(ROUTES)('a token of one is 200 there and 401 on the other: /%s', async (route) => {
    const ofFirst = await tokenOf(first);
    const ofSecond = await tokenOf(second);
    expect(await first.get(route, ofFirst)).toMatchObject({ status: 200 });
    expect(await second.get(route, ofSecond)).toMatchObject({ status: 200 });
    for (const [app, token] of [
      [first, ofSecond],
      [second, ofFirst],
    ] as const) {
      const answer = await app.get(route, token);
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    }
  });

  it('in any order of their requests', async () => {
    const tokens = { first: await tokenOf(first), second: await tokenOf(second) };
    const asked = Array.from({ length: 60 }, async (_, index) => {
      const [at, of] = [index % 2 ? 'first' : 'second', index % 3 ? 'first' : 'second'] as const;
      const app = at === 'first' ? first : second;
      const answer = await app.get(ROUTES[index % ROUTES.length] ?? '', tokens[of]);
      return { status: answer.status, expected: at === of ? 200 : 401 };
    });
    for (const { status, expected } of await Promise.all(asked)) expect(status).toBe(expected);
  });

  it('one revokes, the other still accepts its own', async () => {
    const [here, there] = [await tokenOf(first), await tokenOf(second)];
    await first.revocation.revokeAll();
    for (const route of ROUTES) {
      expect(await first.get(route, here)).toMatchObject({ status: 401 });
      expect(await second.get(route, there)).toMatchObject({ status: 200 });
    }
  });

  it('one closes, the other continues', async () => {
    const token = await tokenOf(second);
    const ofFirst = await tokenOf(first);
    await first.close();
    closed = true;
    for (const route of ROUTES) {
      expect(await second.get(route, token)).toMatchObject({ status: 200 });
      expect(await second.get(route, ofFirst)).toMatchObject({ status: 401 });
    }
  });
});

@Injectable()
class ForeignStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor() {
    super({
      jwtFromRequest: () => 'e30.e30.e30',
      secretOrKeyProvider: (_request, _token, done) => done(new Error('not asked')),
    });
  }

  override authenticate(): void {
    Reflect.get(this, 'success').call(this, { foreign: true });
  }

  validate(): object {
    return {};
  }
}

@Controller()
class Mine {
  @Get('mine')
  @UseGuards(AuthGuard('jwt'))
  mine() {
    return { foreign: true };
  }
}

describe('a strategy of other code called "jwt"', () => {
  let app: AuthApp | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
    passport.unuse('jwt');
  });

  it('in the same application stops the start, though it came first', async () => {
    const start = startAuthApp({ providers: [ForeignStrategy] });
    await expect(start).rejects.toThrow(/another passport strategy is registered as "jwt"/);
  });

  it('or came last', async () => {
    class Late {
      onModuleInit() {
        return new ForeignStrategy().name;
      }
    }
    const start = startAuthApp({ providers: [Late] });
    await expect(start).rejects.toThrow(/another passport strategy is registered as "jwt"/);
  });

  it('in an application that started earlier still serves that one, and only that one', async () => {
    const testing = await Test.createTestingModule({
      controllers: [Mine],
      providers: [ForeignStrategy],
    }).compile();
    const other = testing.createNestApplication(new ExpressAdapter(), { logger: false });
    await other.listen(0, '127.0.0.1');
    app = await startAuthApp();

    expect((await fetch(`${await other.getUrl()}/mine`)).status).toBe(200);
    expect(await app.get('passport')).toMatchObject({ status: 401 });
    expect(await app.get('passport', await tokenOf(app))).toMatchObject({ status: 200 });
    await other.close();
  });

  it('an application without the module does not accept the tokens of another', async () => {
    const testing = await Test.createTestingModule({ controllers: [Mine] }).compile();
    const other = testing.createNestApplication(new ExpressAdapter(), { logger: false });
    await other.listen(0, '127.0.0.1');
    app = await startAuthApp();
    const authorization = `Bearer ${await tokenOf(app)}`;
    const answer = await fetch(`${await other.getUrl()}/mine`, { headers: { authorization } });
    expect(answer.status).toBe(401);
    await other.close();
  });
});
