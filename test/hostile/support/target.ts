/** An application under attack: one account is signed in, and the attacker may change its token. */
import { setTimeout } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { expect } from 'vitest';
import { CLOCK_STEP_MS } from '../../../lib/freshness/tracked/standing.js';
import {
  type Answer,
  type AuthApp,
  type AuthAppOptions,
  authOptions,
  startAuthApp,
} from '../../support/auth-app.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { compact, type Part, partsOf } from './compact.js';
import type { Sign, Signer } from './signers.js';

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
  ...given
}: TargetOptions): Promise<Target> {
  const jwt = { secret: undefined, keys: [signer.key], ...given.jwt };
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
  // Tracked: a token speaks for itself once memory is older than a step of the clock that is allowed for.
  if (mode === 'tracked') await setTimeout(CLOCK_STEP_MS + 100);
  const { accessToken: token } = await app.auth.signIn(alice);
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

/** Refused at both guards, with one code, in the words of RFC 6750 and of the contract, and no others. */
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
    body: answer.json(),
  };
}
