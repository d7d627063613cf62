import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  AuthModule,
  type AuthModuleOptions,
  AuthService,
  JwtAuthGuard,
  RevocationService,
} from 'nestjs-revocable-jwt';
import { DataSource, LessThan } from 'typeorm';
import { controllerBehind } from './controller.js';
import { optionsOf, WATCHED } from './database.js';
import { AUDIENCE, ISSUER, type Keys, keysOf, signer } from './keys.js';
import { claimsOf } from './payload.js';
import { type Server, userOf, USERS, VICTIMS } from './server.js';
import type { LibrarySpec } from './spec.js';
import { User } from './user.entity.js';

/** More changes than any part of the benchmark makes: memory is to be measured, not given up. */
const MAX_CHANGES = 2_000_000;

/** This library, as its README configures it. */
export function libraryServer(spec: LibrarySpec): Server {
  const keys = keysOf({ algorithm: spec.algorithm, key: 'object' });
  const guard = spec.by === 'own' ? JwtAuthGuard : AuthGuard('jwt');
  return {
    metadata: {
      imports: [
        TypeOrmModule.forRoot(optionsOf(spec.database)),
        AuthModule.forRoot({
          ...WATCHED,
          jwt: jwtOptions(keys, spec),
          freshness: {
            mode: spec.freshness,
            maxChanges: MAX_CHANGES,
            ...(spec.maxStaleness === undefined ? {} : { maxStaleness: spec.maxStaleness }),
          },
        }),
      ],
      controllers: [controllerBehind(guard)],
    },
    tokens: (count, from, app) => tokensOf(app, keys, count, from),
    revoke: async (token, app) => app.get(RevocationService).revokeToken(token),
  };
}

function jwtOptions(
  { algorithm, sign, verify }: Keys,
  { remembers }: LibrarySpec,
): AuthModuleOptions['jwt'] {
  const common = {
    algorithm,
    issuer: ISSUER,
    audience: AUDIENCE,
    accessTokenTtl: '24h',
    ...(remembers === undefined ? {} : { verifiedTokenCache: { maxEntries: remembers } }),
  } as const;
  return algorithm === 'HS256'
    ? { ...common, secret: sign }
    : { ...common, privateKey: sign, publicKey: verify };
}

/**
 * A sign-in for each user; more tokens than users are made from these, with ids of their own and
 * signed with the same key: signing in costs a statement, which 100,000 tokens need not wait for.
 */
async function tokensOf(
  app: INestApplication,
  keys: Keys,
  count: number,
  from: number,
): Promise<string[]> {
  // Tokens from the first second of a log are read, and not believed.
  await sleep(1_100);
  const auth = app.get(AuthService);
  const users = app.get(DataSource).getRepository(User);
  const all = new Map(
    (await users.findBy({ id: LessThan(USERS + VICTIMS + 1) })).map((user) => [user.id, user]),
  );
  const issued = await Promise.all(
    Array.from({ length: Math.min(count, USERS) }, async (_, index) => {
      const user = all.get(userOf(index, from));
      if (user === undefined) throw new Error('The database lacks a user.');
      return (await auth.signIn(user)).accessToken;
    }),
  );
  if (count <= issued.length) return issued;
  const claims = issued.map(claimsOf);
  const sign = signer(keys, 'at+jwt');
  return Array.from({ length: count }, (_, index) =>
    sign({ ...claims[index % claims.length], jti: randomUUID(), sid: randomUUID() }),
  );
}
