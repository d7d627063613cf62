import { randomBytes } from 'node:crypto';
import { ConfigurationError } from './configuration.error.js';
import { type DatabaseAddress, databaseAddress } from './database-address.js';
import { type SigningKey, signingKeyFrom } from './signing-key.js';
import { type TrustProxy, trustProxy } from './trust-proxy.js';
import { duration, oneOf, type Reader, text, url, wholeNumber } from './values.js';

/** The validated values of all environment variables. */
export interface Environment {
  readonly port: number;
  readonly host: string;
  readonly httpAdapter: 'express' | 'fastify';
  /** The proxies whose `X-Forwarded-*` headers are trusted: how many, or their addresses. */
  readonly trustProxy: TrustProxy | undefined;
  readonly database: DatabaseAddress;
  /** `migrate`: run pending migrations at boot; `check`: refuse to start while any is pending. */
  readonly databaseReady: 'migrate' | 'check';
  readonly signingKey: SigningKey;
  /** Milliseconds between two reads of the file with the keys. */
  readonly keysReload: number;
  /** Where clients find it. With it, the metadata of OAuth is served. */
  readonly issuer: string | undefined;
  /** The service that may use `/oauth/revoke` and `/oauth/introspect`. Without it these routes do not exist. */
  readonly oauthClient: { readonly id: string; readonly secret: string } | undefined;
  /** Milliseconds. */
  readonly accessTokenTtl: number;
  /** Of a session; milliseconds. */
  readonly refresh: { readonly idleTtl: number; readonly maxTtl: number; readonly leeway: number };
  readonly freshness: Freshness;
  readonly admin: { readonly email: string; readonly password: string };
  readonly seedDemoUsers: boolean;
  /** The attempts to sign in per e-mail address, and per network address, in 15 minutes. */
  readonly loginLimit: { readonly perEmail: number; readonly perAddress: number };
  /** Warnings for the operator, for the log. */
  readonly warnings: readonly string[];
}

/** How new the auth state behind a decision is. */
export type Freshness =
  | { readonly mode: 'strict' }
  | {
      readonly mode: 'tracked';
      /** Milliseconds. */
      readonly maxStaleness: number;
      /** The address of the Redis that wakes processes up. Default: the database wakes them up, or they poll. */
      readonly redis: string | undefined;
    };

const DAY = 86_400_000;
const CLIENT_ID = /^[\x20-\x7e]{1,200}$/;
const ISSUER = /^https?:\/\/[\w.:[\]-]+(?:\/[\w.~-]+)*$/;
const ANYTHING = /^[^\0]+$/;

/**
 * Reads and validates every variable.
 *
 * @throws ConfigurationError at the first value that cannot be used
 */
export function readEnvironment(env: Readonly<NodeJS.ProcessEnv>): Environment {
  const value: Value = (name, reader) => {
    const given = env[name];
    // Shells and compose files often set an unused variable to the empty text.
    if (given === undefined || given === '') return undefined;
    const read = reader.read(given);
    if (read === undefined) throw new ConfigurationError(name, `accepts ${reader.accepts}`);
    return read;
  };

  const warnings: string[] = [];
  const algorithm = value('AUTH_ALG', oneOf('HS256', 'RS256', 'ES256', 'EdDSA')) ?? 'HS256';
  const clientSecret = value('AUTH_OAUTH_CLIENT_SECRET', secret);
  return {
    port: value('PORT', wholeNumber(0, 65_535)) ?? 3000,
    host: value('HOST', text('a host name or an IP address', /^[\w.:%-]+$/)) ?? '127.0.0.1',
    httpAdapter: value('HTTP_ADAPTER', oneOf('express', 'fastify')) ?? 'express',
    trustProxy: value('TRUST_PROXY', trustProxy),
    database: value('DATABASE_URL', databaseAddress) ?? {
      kind: 'sqlite',
      file: './sample-app.sqlite',
    },
    issuer: value('AUTH_ISSUER', text('a URL such as https://example.com', ISSUER)),
    databaseReady: value('DATABASE_READY', oneOf('migrate', 'check')) ?? 'migrate',
    signingKey:
      algorithm === 'HS256'
        ? { algorithm, secret: value('AUTH_JWT_SECRET', secret) ?? randomSecret(warnings) }
        : signingKeyFrom(value('AUTH_KEYS_FILE', text('a path', ANYTHING)), algorithm),
    keysReload: value('AUTH_KEYS_RELOAD', duration('1s', '24h')) ?? 300_000,
    oauthClient:
      clientSecret === undefined
        ? undefined
        : {
            id:
              value('AUTH_OAUTH_CLIENT_ID', text('1 to 200 ASCII characters', CLIENT_ID)) ??
              'service',
            secret: clientSecret,
          },
    accessTokenTtl: value('ACCESS_TOKEN_TTL', duration('1s', '24h')) ?? 900_000,
    refresh: refreshFrom(value),
    freshness: freshnessFrom(value),
    admin: {
      email: value('ADMIN_EMAIL', email)?.toLowerCase() ?? 'admin@example.com',
      password: value('ADMIN_PASSWORD', password) ?? 'admin-password',
    },
    seedDemoUsers: (value('SEED_DEMO_USERS', oneOf('true', 'false')) ?? 'true') === 'true',
    loginLimit: {
      perEmail: value('LOGIN_LIMIT_PER_EMAIL', wholeNumber(1, 1_000_000)) ?? 10,
      perAddress: value('LOGIN_LIMIT_PER_ADDRESS', wholeNumber(1, 1_000_000)) ?? 100,
    },
    warnings,
  };
}

type Value = <T>(name: string, reader: Reader<T>) => T | undefined;

/** Checks every value that is set, even if the mode does not use it. */
function freshnessFrom(value: Value): Freshness {
  const mode = value('AUTH_FRESHNESS', oneOf('strict', 'tracked')) ?? 'strict';
  const maxStaleness = value('AUTH_MAX_STALENESS', duration('100ms', '60s')) ?? 1_000;
  const redis = value('REDIS_URL', url('redis:', 'rediss:'))?.href;
  return mode === 'strict' ? { mode } : { mode, maxStaleness, redis };
}

function refreshFrom(value: Value): Environment['refresh'] {
  const maxTtl = value('REFRESH_MAX_TTL', duration('1s', '3650d')) ?? 90 * DAY;
  const idleTtl = value('REFRESH_IDLE_TTL', duration('1s', '3650d')) ?? Math.min(14 * DAY, maxTtl);
  if (idleTtl > maxTtl) {
    throw new ConfigurationError('REFRESH_IDLE_TTL', 'accepts at most REFRESH_MAX_TTL');
  }
  return { idleTtl, maxTtl, leeway: value('REFRESH_LEEWAY', duration('0s', '60s')) ?? 10_000 };
}

const secret: Reader<string> = {
  accepts: 'at least 32 bytes',
  read: (given) => (Buffer.byteLength(given) >= 32 ? given : undefined),
};

const email = text('an e-mail address', /^[^\s@\0]{1,64}@[^\s@\0]{1,189}$/);

const password: Reader<string> = {
  accepts: 'at least 8 characters and at most 128 bytes',
  read: (given) => (given.length >= 8 && Buffer.byteLength(given) <= 128 ? given : undefined),
};

function randomSecret(warnings: string[]): string {
  warnings.push(
    'AUTH_JWT_SECRET is not set. A random secret is used, so tokens end with this process, and no other process accepts them.',
  );
  return randomBytes(32).toString('base64url');
}
