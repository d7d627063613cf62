import type { AuthModuleExtras, AuthModuleOptions } from 'nestjs-revocable-jwt';
import type { Environment, Freshness } from '../config/environment.js';
import type { User } from '../users/user.entity.js';
import { WATCHED } from './watched.js';

/** How the library is used here. */
export function authOptions(environment: Environment): AuthModuleOptions<User> & AuthModuleExtras {
  const { issuer, oauthClient, signingKey, keysReload, accessTokenTtl, refresh } = environment;
  return {
    jwt: {
      ...(signingKey.algorithm === 'HS256'
        ? { secret: signingKey.secret }
        : { keys: [{ file: signingKey.file }], reloadKeys: keysReload }),
      issuer: issuer ?? 'sample-app',
      audience: 'sample-app',
      accessTokenTtl,
      // Tokens expire exactly at their `exp`.
      clockTolerance: 0,
    },
    ...WATCHED,
    sessions: refresh,
    freshness: freshnessOptions(environment.freshness),
    roles: { hierarchy: { admin: ['editor'], editor: ['user'] } },
    // Every route needs a token unless it is @Public().
    globalGuard: true,
    // /auth/refresh, /auth/logout, /auth/sessions, …, and the admin's /admin/sessions, …
    routes: { path: 'auth', admin: { path: 'admin', roles: ['admin'] } },
    // /.well-known/jwks.json
    jwks: true,
    // /.well-known/oauth-authorization-server and oauth-protected-resource
    metadata: issuer !== undefined,
    ...(oauthClient === undefined ? {} : { oauth: { clients: [oauthClient] } }),
  };
}

function freshnessOptions(freshness: Freshness): AuthModuleOptions['freshness'] {
  if (freshness.mode === 'strict') return { mode: 'strict' };
  const { maxStaleness, redis } = freshness;
  return { mode: 'tracked', maxStaleness, wakeUp: redis === undefined ? 'auto' : { redis } };
}
