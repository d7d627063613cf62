import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { ExpressAdapter } from '@nestjs/platform-express';
import { expressjwt } from 'express-jwt';
import jsonwebtoken from 'jsonwebtoken';

/** Its middleware before every route, with `isRevoked` on ids in memory. */
export function open() {
  const secret = createSecretKey(randomBytes(32));
  const revoked = new Set();
  const middleware = expressjwt({
    secret,
    algorithms: ['HS256'],
    isRevoked: async (_request, token) => revoked.has(token?.payload.jti),
  });
  return {
    adapter: new ExpressAdapter(),
    // Its errors say `status`, of which Nest's filter, which reads `statusCode`, would make a 500.
    prepare: (app) =>
      app.use((request, response, next) =>
        middleware(request, response, (error) =>
          error === undefined ? next() : response.status(error.status).end(),
        ),
      ),
    tokens: (count, from) =>
      Array.from({ length: count }, (_, index) =>
        jsonwebtoken.sign(
          { sub: String(from + index), jti: randomUUID(), sid: randomUUID(), roles: ['user'] },
          secret,
          { algorithm: 'HS256', expiresIn: '1d', issuer: 'https://api.example.com' },
        ),
      ),
    revoke: async (token) => {
      revoked.add(jsonwebtoken.decode(token).jti);
    },
  };
}
