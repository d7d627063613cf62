/** Services that verify with the published keys alone, each by a library that is not ours. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import { auth } from 'express-oauth2-jwt-bearer';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { passportJwtSecret } from 'jwks-rsa';
import { Passport } from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionApp } from '../sessions/support/session-app.js';
import { ADAPTERS, send } from '../support/http.js';
import { AUDIENCE, startIssuer, WEB } from './support/issuer.js';

const answer = (request: { auth?: object; user?: object }, response: { json: Function }) =>
  response.json(request.auth ?? request.user);

/** A service of another team: an application of Express with one route behind this middleware. */
async function withService(
  middleware: readonly object[],
  check: (ask: (token?: string) => ReturnType<typeof send>) => Promise<void>,
): Promise<void> {
  const express = new ExpressAdapter().getInstance<RequestListener & { get: Function }>();
  express.get('/', ...middleware, answer);
  const server = createServer(express).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port.');
    await check((token) => send(`http://127.0.0.1:${address.port}`, { token }));
  } finally {
    server.close();
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: SessionApp;
  let issuer: string;
  let token: string;
  let other: string;
  beforeAll(async () => {
    app = await startIssuer(adapter);
    issuer = app.url;
    token = (await app.newcomer()).pair.accessToken;
    // Another issuer with the same key.
    const elsewhere = await startIssuer(adapter);
    other = (await elsewhere.newcomer()).pair.accessToken;
    await elsewhere.close();
  });
  afterAll(() => app.close());

  it('jose: createRemoteJWKSet, and jwtVerify with the type at+jwt', async () => {
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
    const options = { issuer, audience: AUDIENCE, typ: 'at+jwt' };
    const requiredClaims = ['client_id', 'jti', 'sub', 'iat', 'exp'];
    const { payload } = await jwtVerify(token, keys, { ...options, requiredClaims });
    expect(payload['client_id']).toBe(WEB);
    await expect(jwtVerify(other, keys, options)).rejects.toThrow(/"iss"/);
  });

  it('express-oauth2-jwt-bearer: finds the metadata, and checks RFC 9068', async () => {
    const middleware = auth({ issuerBaseURL: issuer, audience: AUDIENCE, strict: true });
    await withService([middleware], async (ask) => {
      expect(await ask(token)).toMatchObject({
        status: 200,
        body: { payload: { client_id: WEB, iss: issuer }, header: { typ: 'at+jwt' } },
      });
      expect(await ask(other)).toMatchObject({ status: 401 });
      expect(await ask()).toMatchObject({ status: 401 });
    });
  });

  it('passport-jwt with jwks-rsa', async () => {
    const passport = new Passport();
    passport.use(
      new Strategy(
        {
          secretOrKeyProvider: passportJwtSecret({ jwksUri: `${issuer}/.well-known/jwks.json` }),
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          issuer,
          audience: AUDIENCE,
          algorithms: ['ES256'],
        },
        (payload: object, done: (error: unknown, user: object) => void) => done(null, payload),
      ),
    );
    const middleware: object = passport.authenticate('jwt', { session: false });
    await withService([middleware], async (ask) => {
      expect(await ask(token)).toMatchObject({ status: 200, body: { client_id: WEB } });
      expect(await ask(other)).toMatchObject({ status: 401 });
      expect(await ask()).toMatchObject({ status: 401 });
    });
  });
});
