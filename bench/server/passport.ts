import { randomUUID } from 'node:crypto';
import { Injectable, UnauthorizedException } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { checkOf } from './checks.js';
import { controllerBehind } from './controller.js';
import { AUDIENCE, ISSUER, type Keys, keysOf, signer } from './keys.js';
import type { Payload } from './payload.js';
import { type Server, userOf } from './server.js';
import type { CheckSpec, KeySpec } from './spec.js';

/** `AuthGuard('jwt')` with the strategy of a tutorial. */
export async function passportServer(
  spec: KeySpec & { readonly check: CheckSpec },
): Promise<Server> {
  const keys = keysOf(spec);
  const check = await checkOf(spec.check);

  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        // What `secretOrKey` does; but its type knows no key objects, which jsonwebtoken takes.
        secretOrKeyProvider: (_request: unknown, _token: unknown, done: (error: null) => void) =>
          void Reflect.apply(done, undefined, [null, keys.verify]),
        algorithms: [spec.algorithm],
        issuer: ISSUER,
        audience: AUDIENCE,
        ignoreExpiration: false,
      });
    }

    async validate(payload: Payload) {
      if (check === undefined) return payload;
      const user = await check.user(payload);
      if (user === undefined) throw new UnauthorizedException();
      return user;
    }
  }

  return {
    metadata: {
      imports: [PassportModule],
      controllers: [controllerBehind(AuthGuard('jwt'))],
      providers: [JwtStrategy],
    },
    tokens: async (count, from) => tokensOf(keys, count, from),
    ...(check?.revoke === undefined ? {} : { revoke: check.revoke }),
  };
}

function tokensOf(keys: Keys, count: number, from: number): string[] {
  const sign = signer(keys);
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: AUDIENCE, iat, exp: iat + 86_400, roles: ['user'] };
  return Array.from({ length: count }, (_, index) =>
    sign({ ...claims, sub: String(userOf(index, from)), jti: randomUUID(), sid: randomUUID() }),
  );
}
