/** The published keys: enough to verify with, and nothing to sign with. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { JwtService } from '@nestjs/jwt';
import { type KeyOptions, KeyService } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../../support/auth-app.js';

/** RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed = generateKeyPairSync('ed25519');
const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEYS: readonly KeyOptions[] = [
  { kid: 'rsa', privateKey: pem, algorithm: 'PS256' },
  { kid: 'ec', jwk: p384.privateKey.export({ format: 'jwk' }) },
  { kid: 'ed', privateKey: ed.privateKey },
  { kid: 'public', publicKey: generateKeyPairSync('ed25519').publicKey },
  { kid: 'secret', secret: randomBytes(32) },
  { kid: 'secret jwk', jwk: { kty: 'oct', k: randomBytes(32).toString('base64url') } },
];

interface Published {
  readonly keys: readonly JsonWebKey[];
}

const running = async (
  given: Parameters<typeof startAuthApp>[0],
  check: (app: AuthApp) => Promise<void>,
) => {
  const app = await startAuthApp(given);
  try {
    await check(app);
  } finally {
    await app.close();
  }
};

describe.each(['express', 'fastify'] as const)('on %s', (adapter) => {
  const extras = { jwks: true, globalGuard: true };

  it('public halves alone, for whoever asks', () =>
    running({ adapter, extras, jwt: { secret: undefined, keys: KEYS } }, async (app) => {
      const { status, headers, body } = await app.get('.well-known/jwks.json');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('public, max-age=300');
      const { keys }: Published = body;
      expect(keys.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
        ['rsa', 'PS256', 'sig'],
        ['ec', 'ES384', 'sig'],
        ['ed', 'EdDSA', 'sig'],
        ['public', 'EdDSA', 'sig'],
      ]);
      for (const key of keys) {
        expect(Object.keys(key).filter((name) => PRIVATE_MEMBERS.includes(name))).toEqual([]);
        expect(createPublicKey({ key, format: 'jwk' }).type).toBe('public');
      }
      expect(createPublicKey({ key: keys[0] ?? {}, format: 'jwk' }).equals(rsa.publicKey)).toBe(
        true,
      );
      // A service with these keys alone verifies what this one signs.
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
      const publicKey = key.export({ type: 'spki', format: 'pem' });
      expect(
        new JwtService().verify<object>(accessToken, { publicKey, algorithms: ['PS256'] }),
      ).toMatchObject({ iss: app.options.jwt.issuer });
    }));

  it('a secret has no public half', () =>
    running({ adapter, extras }, async (app) => {
      expect(await app.get('.well-known/jwks.json')).toMatchObject({
        status: 200,
        body: { keys: [] },
      });
    }));

  it('a key that was withdrawn is not among them, and they are there without the database', () =>
    running({ adapter, extras, jwt: { secret: undefined, keys: KEYS } }, async (app) => {
      await app.app.get(KeyService).withdraw('rsa');
      const published = async (): Promise<unknown> => {
        const { keys }: Published = (await app.get('.well-known/jwks.json')).body;
        return keys.map(({ kid }) => kid);
      };
      expect(await published()).toEqual(['ec', 'ed', 'public']);
      await app.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
      expect(await published()).toEqual(['ec', 'ed', 'public']);
      await app.dataSource.query('ALTER TABLE auth_state_gone RENAME TO auth_state');
    }));

  it('without the option there is no such route, and a path of its own may be given', () =>
    running({ adapter, extras: { jwks: 'internal/keys' } }, async (app) => {
      expect((await app.get('.well-known/jwks.json')).status).toBe(404);
      expect((await app.get('internal/keys')).status).toBe(200);
    }));
});
