/** An application under attack: one account is signed in, and the attacker may change its token. */
import { setTimeout } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { expect } from 'vitest';
import type { AdoptOptions } from 'nestjs-revocable-jwt';
import { CLOCK_STEP_MS } from '../../../lib/decision/time-margins.js';
import {
  type AuthApp,
  type AuthAppOptions,
  authOptions,
  startAuthApp,
} from '../../support/auth-app.js';
import type { Person } from '../../support/person.entity.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { compact, type Part, partsOf } from '../../support/tokens.js';
import type { Sign, Signer } from './signers.js';
import { type Answer } from '../../support/http.js';

/** Both ways into a route. */
export const GUARDS = { JwtAuthGuard: 'whoami', "AuthGuard('jwt')": 'passport' } as const;

export interface TargetOptions extends Omit<
  AuthAppOptions,
  'database' | 'synchronize' | 'kind' | 'adapter'
> {
  readonly signer: Signer;
  /** Default strict. */
  readonly mode?: 'strict' | 'tracked';
  /** Default Fastify, which needs no socket for a request. */
  readonly adapter?: 'express' | 'fastify';
  /** The token to change is one from before the library came (`jwt.adopt`), and not one of the library's. */
  readonly adopted?: boolean;
}

/** What the application was before: it signed with the same key. */
export const BEFORE = { issuer: 'https://before.example.com', audience: 'before-api' } as const;

const DAY = 86_400_000;
const adopt = (): AdoptOptions => ({
  until: new Date(Date.now() + DAY),
  ...BEFORE,
  isAccessToken: ({ type }) => type === 'access',
});

/** A token as @nestjs/jwt and a tutorial make it. */
function fromBefore({ algorithm, sign }: Signer, { id }: Person): string {
  const iat = Math.floor(Date.now() / 1000);
  const { issuer: iss, audience: aud } = BEFORE;
  const who = { sub: id, type: 'access', email: 'alice@example.com', roles: ['admin'] };
  return compact({ alg: algorithm, typ: 'JWT' }, { ...who, iat, exp: iat + 3_600, iss, aud }, sign);
}

export interface Target {
  readonly app: AuthApp;
  /** One that is let in, and what it says. */
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The same token with other parts, signed with the real key unless told otherwise. */
  remake(parts: { header?: Part; claims?: Part; sign?: Sign }): string;
  close(): Promise<void>;
}

export async function startTarget({
  signer,
  mode = 'strict',
  adapter = 'fastify',
  adopted = false,
  ...given
}: TargetOptions): Promise<Target> {
  const jwt = {
    secret: undefined,
    keys: [signer.key],
    ...(adopted && { adopt: adopt() }),
    ...given.jwt,
  };
  const auth = { ...given.auth, freshness: { mode } };
  const database = await watchedDatabase('sqlite', authOptions({ ...given, jwt, auth }));
  const app = await startAuthApp({
    ...given,
    adapter,
    jwt,
    auth,
    database,
    synchronize: false,
  });
  const alice = await app.addPerson({ roles: ['user'] });
  // Tracked: a token speaks for itself once memory is older than a step of the clock that is allowed for. One
  // from before never does.
  if (mode === 'tracked' && !adopted) await setTimeout(CLOCK_STEP_MS + 100);
  const token = adopted ? fromBefore(signer, alice) : (await app.auth.signIn(alice)).accessToken;
  const { header, claims } = partsOf(token);
  return {
    app,
    token,
    header,
    claims,
    remake: (parts) =>
      compact(parts.header ?? header, parts.claims ?? claims, parts.sign ?? signer.sign),
    close: () => app.close().finally(() => database.drop()),
  };
}

/** Refused at both guards, with one code, in the words of RFC 6750 and of docs/errors.md, and no others. */
export async function expectRefused(
  app: AuthApp,
  token: string,
  code: string | RegExp = /^token_(?:invalid|malformed)$/,
): Promise<void> {
  const codes: unknown[] = [];
  for (const path of Object.values(GUARDS)) {
    const { status, headers, body } = await ask(app, path, token);
    expect(body, path).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: typeof code === 'string' ? code : expect.stringMatching(code),
      message: expect.any(String),
    });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(
      `Bearer error="invalid_token", error_description="${body.message}"`,
    );
    codes.push(body.code);
  }
  expect(new Set(codes).size, 'both guards say the same').toBe(1);
}

/** Let in at both guards: so what is refused beside it is refused for what it changes. */
export async function expectAccepted(app: AuthApp, token: string): Promise<void> {
  for (const path of Object.values(GUARDS)) {
    expect((await ask(app, path, token)).status, path).toBe(200);
  }
}

/**
 * A request with this token. On Fastify it is put into the application and goes through no socket, which
 * is quicker; Express has no such way in.
 */
async function ask({ app, get }: AuthApp, path: string, token: string): Promise<Answer> {
  const adapter = app.getHttpAdapter();
  if (!(adapter instanceof FastifyAdapter)) return get(path, token);
  const headers = { authorization: `Bearer ${token}` };
  const answer = await adapter.inject({ method: 'GET', url: `/${path}`, headers });
  return {
    status: answer.statusCode,
    headers: new Headers({ 'www-authenticate': String(answer.headers['www-authenticate']) }),
    text: answer.body,
    body: answer.json(),
  };
}

/**
 * The same of the tokens that are made with each of these values. All at once: that no request waits for
 * another is not what is asked here.
 */
export async function eachRefused(
  app: AuthApp,
  values: readonly (string | undefined)[],
  make: (json: string | undefined) => string,
  code?: string | RegExp,
): Promise<void> {
  expect(values.length).toBeGreaterThan(0);
  const outcomes = await Promise.allSettled(
    values.map((json) => expectRefused(app, make(json), code)),
  );
  const others = values.filter((_, index) => outcomes[index]?.status === 'rejected');
  expect(others, 'values that were not refused as they must be').toEqual([]);
}
