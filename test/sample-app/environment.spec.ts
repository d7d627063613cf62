import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../sample-app/config/environment.js';

const directory = mkdtempSync(join(tmpdir(), 'environment-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the environment', () => {
  it('has a default for everything, and warns of a secret that no other process knows', () => {
    const { signingKey, warnings, ...rest } = readEnvironment({});
    expect(rest).toEqual({
      port: 3000,
      host: '127.0.0.1',
      httpAdapter: 'express',
      database: { kind: 'sqlite', file: './sample-app.sqlite' },
      databaseReady: 'migrate',
      keysReload: 5 * 60_000,
      accessTokenTtl: 15 * 60_000,
      refresh: { idleTtl: 14 * 86_400_000, maxTtl: 90 * 86_400_000, leeway: 10_000 },
      freshness: { mode: 'strict' },
      admin: { email: 'admin@example.com', password: 'admin-password' },
      seedDemoUsers: true,
      loginLimit: { perEmail: 10, perAddress: 100 },
    });
    expect(signingKey.algorithm).toBe('HS256');
    expect(warnings).toEqual([expect.stringMatching(/^AUTH_JWT_SECRET is not set/)]);
    expect(readEnvironment({ PORT: '', AUTH_JWT_SECRET: '' }).port).toBe(3000);
  });

  it.each([
    ['PORT', '0', { port: 0 }],
    ['HOST', '::1', { host: '::1' }],
    ['HTTP_ADAPTER', 'fastify', { httpAdapter: 'fastify' }],
    ['TRUST_PROXY', '2', { trustProxy: 2 }],
    ['TRUST_PROXY', '10.0.0.0/8, ::1,loopback', { trustProxy: ['10.0.0.0/8', '::1', 'loopback'] }],
    ['DATABASE_URL', 'sqlite::memory:', { database: { kind: 'sqlite', file: ':memory:' } }],
    ['DATABASE_URL', 'sqlite:/a b.db', { database: { kind: 'sqlite', file: '/a b.db' } }],
    [
      'DATABASE_URL',
      'postgres://u:p@h/d',
      { database: { kind: 'postgres', url: 'postgres://u:p@h/d' } },
    ],
    ['DATABASE_URL', 'mysql://h/d', { database: { kind: 'mysql', url: 'mysql://h/d' } }],
    ['DATABASE_READY', 'check', { databaseReady: 'check' }],
    ['AUTH_KEYS_RELOAD', '1s', { keysReload: 1000 }],
    ['ACCESS_TOKEN_TTL', '1s', { accessTokenTtl: 1000 }],
    ['ACCESS_TOKEN_TTL', '90000ms', { accessTokenTtl: 90_000 }],
    [
      'ADMIN_EMAIL',
      'Root@Example.org',
      { admin: { email: 'root@example.org', password: 'admin-password' } },
    ],
    ['SEED_DEMO_USERS', 'false', { seedDemoUsers: false }],
    ['LOGIN_LIMIT_PER_EMAIL', '5', { loginLimit: { perEmail: 5, perAddress: 100 } }],
    [
      'AUTH_JWT_SECRET',
      'x'.repeat(32),
      { signingKey: { algorithm: 'HS256', secret: 'x'.repeat(32) } },
    ],
    ['REDIS_URL', 'redis://127.0.0.1:6379', { freshness: { mode: 'strict' } }],
    ['AUTH_MAX_STALENESS', '250ms', { freshness: { mode: 'strict' } }],
    ['AUTH_FRESHNESS', 'tracked', { freshness: { mode: 'tracked', maxStaleness: 1_000 } }],
    ['REFRESH_LEEWAY', '0s', { refresh: { leeway: 0 } }],
    ['REFRESH_IDLE_TTL', '1h', { refresh: { idleTtl: 3_600_000 } }],
    ['REFRESH_MAX_TTL', '1h', { refresh: { idleTtl: 3_600_000, maxTtl: 3_600_000 } }],
  ])('%s=%s', (name, value, expected) => {
    expect(readEnvironment({ [name]: value })).toMatchObject(expected);
  });

  it('tracked freshness has a bound, and a Redis when one is named', () => {
    const { freshness } = readEnvironment({
      AUTH_FRESHNESS: 'tracked',
      AUTH_MAX_STALENESS: '250ms',
      REDIS_URL: 'rediss://u:p@h:1/2',
    });
    expect(freshness).toEqual({
      mode: 'tracked',
      maxStaleness: 250,
      redis: 'rediss://u:p@h:1/2',
    });
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '1e3'],
    ['PORT', '-1'],
    ['HOST', 'http://localhost'],
    ['HTTP_ADAPTER', 'koa'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '-1'],
    ['TRUST_PROXY', '10'],
    ['TRUST_PROXY', '*'],
    ['TRUST_PROXY', 'proxy.example.com'],
    ['TRUST_PROXY', '10.0.0.0/'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.1,'],
    ['DATABASE_URL', 'oracle://h/d'],
    ['DATABASE_URL', 'postgres://h'],
    ['DATABASE_URL', 'sqlite:'],
    ['DATABASE_URL', 'sqlite://x'],
    ['DATABASE_READY', 'yes'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['REDIS_URL', 'redis://'],
    ['AUTH_FRESHNESS', 'lax'],
    ['AUTH_MAX_STALENESS', '1'],
    ['AUTH_MAX_STALENESS', '99ms'],
    ['AUTH_MAX_STALENESS', '61s'],
    ['AUTH_ALG', 'none'],
    ['AUTH_ALG', 'none'],
    ['AUTH_OAUTH_CLIENT_SECRET', 'short'],
    ['AUTH_ISSUER', 'sample-app'],
    ['AUTH_ISSUER', 'https://example.com/?a=b'],
    ['AUTH_JWT_SECRET', 'ä'.repeat(15)],
    ['AUTH_KEYS_RELOAD', '999ms'],
    ['ACCESS_TOKEN_TTL', '15'],
    ['ACCESS_TOKEN_TTL', '0s'],
    ['ACCESS_TOKEN_TTL', '25h'],
    ['ACCESS_TOKEN_TTL', '1.5h'],
    ['REFRESH_IDLE_TTL', '91d'],
    ['REFRESH_MAX_TTL', 'forever'],
    ['REFRESH_LEEWAY', '1h'],
    ['ADMIN_EMAIL', 'admin'],
    ['ADMIN_PASSWORD', 'short'],
    ['SEED_DEMO_USERS', '1'],
    ['LOGIN_LIMIT_PER_EMAIL', '0'],
    ['LOGIN_LIMIT_PER_ADDRESS', 'none'],
  ])('%s=%s is refused in one line that does not repeat it', (name, value) => {
    const read = () => readEnvironment({ [name]: value });
    expect(read).toThrow(new RegExp(`^${name}: [^\n]+$`));
    if (name.endsWith('SECRET') || name.endsWith('PASSWORD')) expect(read).not.toThrow(value);
  });
});

describe('AUTH_KEYS_FILE', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

  it.each([
    ['RS256', rsa.privateKey],
    ['ES256', p256.privateKey],
    ['EdDSA', generateKeyPairSync('ed25519').privateKey],
  ] as const)('%s', (algorithm, key) => {
    const { signingKey, warnings } = read(algorithm, [key]);
    expect(signingKey).toEqual({ algorithm, file: join(directory, 'keys.json') });
    expect(warnings).toEqual([]);
  });

  it.each<[string, string, KeyObject[]]>([
    ['of too few bits', 'RS256', [small.privateKey]],
    ['of another kind', 'RS256', [p256.privateKey]],
    ['on another curve', 'ES256', [p384.privateKey]],
    ['without its private part', 'ES256', [p256.publicKey]],
    ['behind a public one', 'ES256', [p256.publicKey, p256.privateKey]],
    ['missing', 'ES256', []],
  ])('a key %s is refused', (_, algorithm, keys) => {
    expect(() => read(algorithm, keys)).toThrow(/^AUTH_KEYS_FILE: [^\n]+$/);
  });

  it.each([
    '',
    '{',
    '[]',
    '{"keys":{}}',
    '{"keys":[{"kty":"EC","crv":"P-256","d":"x"}]}',
    '{"keys":[7]}',
  ])('a file with %s is refused', (content) => {
    expect(() => readFile('ES256', content)).toThrow(/^AUTH_KEYS_FILE: [^\n]+$/);
  });

  it('a file that is not there, or not named, is refused', () => {
    for (const AUTH_KEYS_FILE of [join(directory, 'none.json'), '']) {
      const env = { AUTH_ALG: 'ES256', AUTH_KEYS_FILE };
      expect(() => readEnvironment(env)).toThrow(/^AUTH_KEYS_FILE: /);
    }
  });
});

function read(algorithm: string, keys: readonly KeyObject[]) {
  const jwks: JsonWebKey[] = keys.map((key) => key.export({ format: 'jwk' }));
  return readFile(algorithm, JSON.stringify({ keys: jwks }));
}

function readFile(algorithm: string, content: string) {
  const file = join(directory, 'keys.json');
  writeFileSync(file, content);
  return readEnvironment({ AUTH_ALG: algorithm, AUTH_KEYS_FILE: file });
}
