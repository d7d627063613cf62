/** Keys as JWK, PEM and files: what each is taken for, and what is refused. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyOptions } from 'nestjs-revocable-jwt';
import { KeyRingError } from '../../../lib/errors/auth.errors.js';
import { requireKeys } from '../../../lib/tokens/keys/key-source.js';
import { publicJwk as publicJwkOf } from '../../../lib/tokens/keys/key-id.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const privateJwk = rsa.privateKey.export({ format: 'jwk' });
const publicJwk = rsa.publicKey.export({ format: 'jwk' });
const otherPublicJwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const oct = { kty: 'oct', k: randomBytes(32).toString('base64url') };
/** A pair that is bound to RSA-PSS, and its numbers without that. */
const pss = generateKeyPairSync('rsa-pss', {
  modulusLength: 2048,
  hashAlgorithm: 'sha256',
  mgf1HashAlgorithm: 'sha256',
});
const pssPublicJwk = publicJwkOf(pss.publicKey);
/** Signs in any case, so that the list is one that can. */
const SIGNER: KeyOptions = { privateKey: ed.privateKey };

const only = (entry: KeyOptions) => requireKeys([entry, SIGNER], false)[0];

function problemOf(list: unknown): string {
  try {
    requireKeys(list, false);
  } catch (error) {
    if (error instanceof KeyRingError) return error.problems.join('\n');
    throw error;
  }
  return 'none';
}

describe('a JWK', () => {
  it.each<[string, JsonWebKey, { algorithm: string; signs: boolean }]>([
    ['private', privateJwk, { algorithm: 'RS256', signs: true }],
    ['public', publicJwk, { algorithm: 'RS256', signs: false }],
    ['a secret', oct, { algorithm: 'HS256', signs: true }],
    ['with an alg', { ...privateJwk, alg: 'PS384' }, { algorithm: 'PS384', signs: true }],
    ['to sign by use', { ...privateJwk, use: 'sig' }, { algorithm: 'RS256', signs: true }],
    [
      'private, as WebCrypto exports it',
      { ...privateJwk, key_ops: ['sign'] },
      { algorithm: 'RS256', signs: true },
    ],
    [
      'private, only to verify',
      { ...privateJwk, key_ops: ['verify'] },
      { algorithm: 'RS256', signs: false },
    ],
    [
      'public, as WebCrypto exports it',
      { ...publicJwk, key_ops: ['verify'] },
      { algorithm: 'RS256', signs: false },
    ],
    [
      'a secret for both',
      { ...oct, key_ops: ['sign', 'verify'] },
      { algorithm: 'HS256', signs: true },
    ],
    [
      'a secret only to verify',
      { ...oct, key_ops: ['verify'] },
      { algorithm: 'HS256', signs: false },
    ],
  ])('%s', (_, jwk, { algorithm, signs }) => {
    const key = only({ jwk });
    expect({ algorithm: key?.algorithm, signs: key?.sign !== undefined }).toEqual({
      algorithm,
      signs,
    });
    expect(key?.verify.type).toBe(jwk.kty === 'oct' ? 'secret' : 'public');
  });

  it.each<[string, unknown, RegExp]>([
    ['to encrypt by use', { jwk: { ...privateJwk, use: 'enc' } }, /"use" or "key_ops"/],
    ['to encrypt', { jwk: { ...privateJwk, key_ops: ['decrypt'] } }, /"use" or "key_ops"/],
    ['for nothing', { jwk: { ...privateJwk, key_ops: [] } }, /"use" or "key_ops"/],
    ['key_ops that are no list', { jwk: { ...oct, key_ops: 'sign' } }, /"use" or "key_ops"/],
    ['a public key to sign with', { jwk: { ...publicJwk, key_ops: ['sign'] } }, /"key_ops"/],
    ['a secret that never verifies', { jwk: { ...oct, key_ops: ['sign'] } }, /"key_ops"/],
    ['an alg of encryption', { jwk: { ...privateJwk, alg: 'RSA-OAEP' } }, /give one of HS256/],
    ['none for an alg', { jwk: { ...oct, alg: 'none' } }, /"none" and lists are never accepted/],
    ['an alg of another type of key', { jwk: { ...privateJwk, alg: 'ES256' } }, /not on the curve/],
    ['a public key for HS256', { jwk: { ...publicJwk, alg: 'HS256' } }, /HS256 takes/],
    [
      'another algorithm beside it',
      { jwk: { ...privateJwk, alg: 'PS256' }, algorithm: 'RS256' },
      /its `alg` differs from/,
    ],
    ['a secret that is too short', { jwk: { ...oct, k: 'c2hvcnQ' } }, /5 bytes and HS256 needs 32/],
    ['a secret too short for its alg', { jwk: { ...oct, alg: 'HS512' } }, /HS512 needs 64/],
    ['a secret that is not encoded', { jwk: { ...oct, k: `${oct.k}==` } }, /"k" is not base64url/],
    ['a secret that is a number', { jwk: { ...oct, k: 42 } }, /"k" is not base64url/],
    ['no type', { jwk: { ...privateJwk, kty: undefined } }, /it is not a JWK/],
    ['a text', { jwk: JSON.stringify(privateJwk) }, /it is not a JWK/],
    ['two things at once', { jwk: privateJwk, secret: randomBytes(32) }, /Give one of them/],
    ['nothing', {}, /give the key as one of secret/],
    ['a misspelt option', { jwk: privateJwk, keyId: 'x' }, /keyId: there is no such option/],
    ['a blank id', { jwk: privateJwk, kid: '' }, /`kid` is not a text/],
    ['an id that no column holds', { jwk: privateJwk, kid: 'a\0b' }, /`kid` is not a text/],
    ['an id of 256 characters', { jwk: privateJwk, kid: 'x'.repeat(256) }, /`kid` is not a text/],
  ])('is refused: %s', (_, entry, message) => {
    const problem = problemOf([entry, SIGNER]);
    expect(problem).toMatch(message);
    for (const secret of [privateJwk.d, oct.k]) expect(problem).not.toContain(secret);
  });
});

describe('weak keys', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const cubic = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
  it.each<[string, KeyOptions, RegExp]>([
    ['1024 bits', { privateKey: small.privateKey }, /1024 bits/],
    ['1024 bits, only to verify', { publicKey: small.publicKey }, /1024 bits/],
    ['1024 bits for PS256', { publicKey: small.publicKey, algorithm: 'PS256' }, /1024 bits/],
    ['an exponent of 3', { privateKey: cubic.privateKey }, /exponent is below 65537/],
    ['an exponent of 3, as JWK', { jwk: cubic.publicKey.export({ format: 'jwk' }) }, /exponent/],
    // Whatever is sent would be its own signature.
    ['an exponent of 1', { jwk: { ...publicJwk, e: 'AQ' } }, /exponent|is not a public key/],
  ])('%s', (_, entry, message) => {
    expect(problemOf([entry, SIGNER])).toMatch(message);
  });
});

describe('a list', () => {
  it.each<[string, unknown, RegExp]>([
    ['that is none', { secret: oct.k }, /give a list/],
    ['of nothing', [], /give a list/],
    ['in which nothing signs', [{ publicKey: rsa.publicKey }], /none of the keys can sign/],
    [
      'with one id twice',
      [SIGNER, { secret: oct.k, kid: 'a' }, { jwk: publicJwk, kid: 'a' }],
      /same id/,
    ],
    ['with one key twice', [SIGNER, SIGNER], /same id/],
    [
      'with two ids for one secret',
      [
        { secret: Buffer.from(oct.k, 'base64url'), kid: 'a' },
        { jwk: oct, kid: 'b' },
      ],
      /one key has two ids.*Give "b" once/,
    ],
    [
      'with two ids for one pair',
      [
        { jwk: privateJwk, kid: 'a' },
        { jwk: publicJwk, kid: 'b' },
      ],
      /one key has two ids/,
    ],
    [
      'with two ids for the numbers of one pair',
      [
        { publicKey: createPublicKey({ key: pssPublicJwk, format: 'jwk' }), kid: 'a' },
        { privateKey: pss.privateKey, kid: 'b' },
      ],
      /one key has two ids/,
    ],
    [
      'with two ids for what is one secret to HMAC',
      [
        { secret: Buffer.from(oct.k, 'base64url'), kid: 'a' },
        { secret: Buffer.concat([Buffer.from(oct.k, 'base64url'), Buffer.of(0)]), kid: 'b' },
      ],
      /one key has two ids/,
    ],
  ])('%s is refused', (_, list, message) => {
    const problem = problemOf(list);
    expect(problem).toMatch(message);
    // One problem, told once.
    expect(problem).not.toContain('\n');
  });
});

describe('a file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'key-files-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  const holding = async (content: string) => {
    const file = join(directory, randomBytes(8).toString('hex'));
    await writeFile(file, content);
    return file;
  };

  it.each([
    ['a private key in PEM', () => rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }), [true]],
    ['a public key in PEM', () => rsa.publicKey.export({ type: 'spki', format: 'pem' }), [false]],
    ['one JWK', () => JSON.stringify({ ...privateJwk, alg: 'RS512' }), [true]],
    [
      'a JWK Set',
      () => `\n ${JSON.stringify({ keys: [privateJwk, otherPublicJwk, oct].map(named) })}`,
      [true, false, true],
    ],
  ])('with %s', async (_, content, signing) => {
    const file = await holding(String(content()));
    const keys = requireKeys([{ file }, SIGNER], false);
    expect(keys.slice(0, -1).map(({ sign }) => sign !== undefined)).toEqual(signing);
  });

  it.each([
    ['nothing', '', /it is not a public key/],
    ['half of a JWK Set', '{"keys":[{"kty":"oct"', /not a JWK/],
    ['an empty set', '{"keys":[]}', /not a JWK Set/],
    ['a list', '[]', /not a public key/],
    ['a set of one bad key', '{"keys":[{"kty":"oct","k":"eA"}]}', /1 bytes/],
  ])('with %s is refused', async (_, content, message) => {
    expect(problemOf([{ file: await holding(content) }])).toMatch(message);
  });

  it('that is missing is refused, and each of several keys has its own id', async () => {
    expect(problemOf([{ file: join(directory, 'none') }])).toMatch(/cannot be read/);
    const file = await holding(JSON.stringify({ keys: [privateJwk, oct].map(named) }));
    expect(problemOf([{ file, kid: 'both' }])).toMatch(/each with its own `kid`/);
  });
});

function named(jwk: object, index: number): object {
  return { ...jwk, kid: `key ${index}` };
}
