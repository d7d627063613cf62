/**
 * What a request costs on the warm path: a token seen before, a subject that did not change, tracked
 * freshness. Counted, so that it fails on any machine and on none by chance.
 */
import { generateKeyPairSync } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CanActivate } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import passport from 'passport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authenticator, JwtAuthGuard, JwtRolesGuard, Roles } from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import type { TestDatabase } from '../support/databases.js';
import { watchedDatabase } from '../support/watched-database.js';
import {
  metadataReadsDuring,
  promisesDuring,
  promisesUntil,
  signaturesDuring,
  statementsDuring,
} from './support/counters.js';

const REQUESTS = 500;
/** Between the triggers and the first token that speaks for itself. */
const SETTLE_MS = 1_100;
/** So long that the log is not read on time during a count. */
const MAX_STALENESS = '60s';
/** Seen: 1,300, most of it V8's own for code that is not optimized yet; to verify anew takes 6,500. */
const MOST_BYTES = 2_000;

class Room {
  enter(): void {}
  @Roles('user')
  enterAsUser(): void {}
}

/** The least that a strategy can do. */
class Trivial extends passport.Strategy {
  override authenticate(this: passport.StrategyCreated<this>): void {
    this.success({});
  }
}

const KEYS = {
  HS256: { secret: 'k7Jr0-q9sWm2xVtLcZb4NfHd6YgTpQaE' },
  RS256: { secret: undefined, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  ES256: { secret: undefined, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  EdDSA: { secret: undefined, ...generateKeyPairSync('ed25519') },
};

describe.each(Object.entries(KEYS))('%s', (algorithm, jwt) => {
  let database: TestDatabase;
  let app: AuthApp;
  let token: string;
  let guard: JwtAuthGuard;
  beforeAll(async () => {
    const auth = { freshness: { mode: 'tracked', maxStaleness: MAX_STALENESS } } as const;
    database = await watchedDatabase('sqlite', authOptions({ auth, jwt }));
    app = await startAuthApp({ database, synchronize: false, auth, jwt });
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    token = (await app.auth.signIn(await app.addPerson({ roles: ['user'] }))).accessToken;
    guard = new JwtAuthGuard(app.app.get(Authenticator));
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const request = () => ({
    headers: { authorization: `Bearer ${token}` },
    app: app.app.getHttpAdapter().getInstance(),
  });
  const host = (handler = Room.prototype.enter) =>
    new ExecutionContextHost([request(), {}], Room, handler);
  /** So many requests, one after the other, each of which is answered at once. */
  const ask = (by: CanActivate, handler?: () => void, times = REQUESTS) => {
    for (let asked = 0; asked < times; asked++) {
      const answer = by.canActivate(host(handler));
      if (answer !== true) throw new Error(`The guard answered ${String(answer)}.`);
    }
  };

  /** Of one request that AuthGuard of @nestjs/passport guards with the strategy of that name. */
  const promisesBy = async (name: string) => {
    const guarding = new (AuthGuard(name))();
    const enter = () => guarding.canActivate(host());
    await enter();
    return promisesUntil(enter);
  };

  it('checks a signature once', async () => {
    const unseen = await app.auth.signIn(await app.addPerson());
    token = unseen.accessToken;
    expect(await signaturesDuring(() => ask(guard, undefined, 1))).toBe(1);
    expect(await signaturesDuring(() => ask(guard))).toBe(0);
  });

  it('sends no statement', async () => {
    expect(await statementsDuring('sqlite', () => ask(guard))).toBe(0);
  });

  it('makes no promise', () => {
    ask(guard);
    expect(promisesDuring(() => void Promise.resolve().then(() => undefined))).toBe(2);
    expect(promisesDuring(() => ask(guard))).toBe(0);
  });

  it("reads a route's decorators once", async () => {
    token = (await app.auth.signIn(await app.addPerson({ roles: ['user'] }))).accessToken;
    const roles = new JwtRolesGuard(app.app.get(Authenticator));
    class Hall extends Room {}
    const first = new ExecutionContextHost([request()], Hall, Room.prototype.enterAsUser);
    expect(await metadataReadsDuring(() => roles.canActivate(first))).toBeGreaterThan(0);
    ask(roles, Room.prototype.enterAsUser);
    expect(await metadataReadsDuring(() => ask(roles, Room.prototype.enterAsUser))).toBe(0);
  });

  it('adds no promise to those of AuthGuard of @nestjs/passport', async () => {
    passport.use('trivial', new Trivial());
    expect(await promisesBy('jwt')).toBe(await promisesBy('trivial'));
  });

  it.runIf(algorithm === 'HS256')(`allocates at most ${MOST_BYTES} bytes in the guard`, () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const once = () => {
      const all = Array.from({ length: REQUESTS }, () => host());
      collect();
      const before = process.memoryUsage().heapUsed;
      for (const context of all) void guard.canActivate(context);
      return (process.memoryUsage().heapUsed - before) / REQUESTS;
    };
    ask(guard, undefined, 20_000);
    // A collection in between makes one measurement say too little, and others of the process too much.
    const least = Math.min(...Array.from({ length: 5 }, once).filter((bytes) => bytes > 0));
    expect(least).toBeLessThan(MOST_BYTES);
  });
});
