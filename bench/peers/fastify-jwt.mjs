import { randomBytes, randomUUID } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Its `jwtVerify()` in a hook before every route, with `trusted` on ids in memory. */
export async function open() {
  const adapter = new FastifyAdapter();
  const fastify = adapter.getInstance();
  const revoked = new Set();
  await adapter.register(fastifyJwt, {
    secret: randomBytes(32).toString('base64url'),
    trusted: async (_request, { jti }) => !revoked.has(jti),
  });
  fastify.addHook('onRequest', (request) => request.jwtVerify());
  return {
    adapter,
    tokens: (count, from) =>
      Array.from({ length: count }, (_, index) =>
        fastify.jwt.sign(
          { sub: String(from + index), jti: randomUUID(), sid: randomUUID(), roles: ['user'] },
          { expiresIn: '1d', iss: 'https://api.example.com' },
        ),
      ),
    revoke: async (token) => {
      revoked.add(fastify.jwt.decode(token).jti);
    },
  };
}
