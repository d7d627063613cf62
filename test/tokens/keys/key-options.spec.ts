/** Key pairs: what cannot sign, what signs too weakly, and what does not fit its algorithm. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../../../lib/options/settings.js';
import { KeyRing } from '../../../lib/tokens/keys/key-ring.js';
import { knowing, type Loose, problemsOf, withJwt } from '../../support/problems-of.js';
import { partsOf } from '../../support/tokens.js';

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
const rsa = (modulusLength: number): Pair => generateKeyPairSync('rsa', { modulusLength });
const ec = (namedCurve: string): Pair => generateKeyPairSync('ec', { namedCurve });
const pem = (key: KeyObject): string =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
/** Without a hash, the key leaves its parameters open. */
function pss(hashAlgorithm?: string, saltLength = 32): KeyObject {
  const parameters = { hashAlgorithm, mgf1HashAlgorithm: hashAlgorithm, saltLength };
  const options = { modulusLength: 2048, ...(hashAlgorithm === undefined ? {} : parameters) };
  // The types take a salt length for text; Node itself wants the number.
  const pair: Pair = Reflect.apply(generateKeyPairSync, undefined, ['rsa-pss', options]);
  return pair.privateKey;
}

const strong = rsa(2048);
const other = rsa(2048);
const p256 = ec('prime256v1');
const p384 = ec('secp384r1');
const p521 = ec('secp521r1');
const ed25519: Pair = generateKeyPairSync('ed25519');

/** Options with a key pair in place of the secret. */
const withKeys = (changes: Loose) => withJwt({ secret: undefined, ...changes });

describe('a key pair', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await knowing();
  });
  afterAll(() => dataSource.destroy());

  it.each([
    ['RS256', { privateKey: strong.privateKey }],
    ['RS256', { privateKey: pem(strong.privateKey) }],
    ['RS256', { privateKey: pem(strong.privateKey), publicKey: pem(strong.publicKey) }],
    ['RS512', { privateKey: strong.privateKey, algorithm: 'RS512' }],
    ['PS384', { privateKey: strong.privateKey, algorithm: 'PS384' }],
    ['ES256', { privateKey: p256.privateKey }],
    ['ES384', { privateKey: p384.privateKey }],
    ['ES512', { privateKey: pem(p521.privateKey), publicKey: p521.publicKey }],
    ['PS256', { privateKey: pss('sha256') }],
    ['PS512', { privateKey: pss('sha512', 64) }],
    ['EdDSA', { privateKey: ed25519.privateKey }],
    ['EdDSA', { privateKey: pem(ed25519.privateKey), algorithm: 'EdDSA' }],
    ['EdDSA', { privateKey: ed25519.privateKey.export({ format: 'jwk' }) }],
    ['RS256', { privateKey: strong.privateKey.export({ format: 'jwk' }) }],
  ])('%s by default or by name: %#, and it signs what it verifies', (algorithm, keys) => {
    const { tokens } = settingsOf(withKeys(keys), dataSource);
    const [key] = new KeyRing(tokens.keys.given ?? []).keys;
    expect(key?.algorithm).toBe(algorithm);
    const token = key?.signature.sign({ sub: '1' }) ?? '';
    expect(key?.signature.open(token)).toMatchObject({ payload: { sub: '1' } });
    expect(partsOf(token).header).toEqual({
      alg: algorithm,
      typ: 'at+jwt',
      kid: key?.kid,
    });
  });

  it.each([
    ['RSA of 1024 bits', { privateKey: rsa(1024).privateKey }, /1024 bits.*2048/],
    ['RSA of 1024 bits as PEM', { privateKey: pem(rsa(1024).privateKey) }, /1024 bits.*2048/],
    [
      'another curve than the algorithm has',
      { privateKey: p384.privateKey, algorithm: 'ES256' },
      /not on the curve of ES256/,
    ],
    [
      'a curve that no algorithm has',
      { privateKey: ec('secp256k1').privateKey },
      /no supported algorithm.*secp256k1/,
    ],
    ['an EC key for RSA', { privateKey: p256.privateKey, algorithm: 'RS256' }, /not an RSA key/],
    [
      'an RSA key for EC',
      { privateKey: strong.privateKey, algorithm: 'ES256' },
      /not on the curve/,
    ],
    [
      'Ed448',
      { privateKey: generateKeyPairSync('ed448').privateKey },
      /no supported algorithm.*ed448/,
    ],
    [
      'Ed448 by the name of the algorithm',
      { privateKey: generateKeyPairSync('ed448').privateKey, algorithm: 'EdDSA' },
      /not an Ed25519 key/,
    ],
    ['Ed25519 for RSA', { privateKey: ed25519.privateKey, algorithm: 'RS256' }, /not an RSA key/],
    ['RSA for Ed25519', { privateKey: strong.privateKey, algorithm: 'EdDSA' }, /not an Ed25519/],
    ['X25519', { privateKey: generateKeyPairSync('x25519').privateKey }, /no supported algorithm/],
    ['RSA-PSS for RS256', { privateKey: pss('sha256'), algorithm: 'RS256' }, /not an RSA key/],
    [
      'RSA-PSS for another hash',
      { privateKey: pss('sha512'), algorithm: 'PS256' },
      /RSA-PSS parameters/,
    ],
    ['RSA-PSS that leaves its hash open', { privateKey: pss() }, /RSA-PSS parameters/],
    [
      'RSA-PSS with too long a salt',
      { privateKey: pss('sha256', 64), algorithm: 'PS256' },
      /RSA-PSS parameters/,
    ],
    [
      'a public key to sign with',
      { privateKey: strong.publicKey },
      /jwt\.privateKey: it is not a private key/,
    ],
    [
      'a public key in PEM to sign with',
      { privateKey: pem(strong.publicKey) },
      /not a private key/,
    ],
    ['no PEM', { privateKey: 'file:///etc/keys/private.pem' }, /not a private key/],
    ['half a PEM', { privateKey: pem(strong.privateKey).slice(0, 200) }, /not a private key/],
    [
      'a PEM whose line breaks were lost',
      { privateKey: pem(strong.privateKey).replaceAll('\n', '\\n') },
      /not a private key/,
    ],
    ['something else', { privateKey: 42 }, /not a private key/],
    [
      'somebody else’s public key',
      { privateKey: strong.privateKey, publicKey: other.publicKey },
      /does not belong/,
    ],
    [
      'a public key that is none',
      { privateKey: strong.privateKey, publicKey: 'x' },
      /jwt\.publicKey: it is not a public key/,
    ],
    [
      'a public key alone',
      { publicKey: strong.publicKey },
      /jwt\.publicKey: it verifies and cannot sign/,
    ],
    ['nothing at all', {}, /jwt\.secret: give a secret/],
    [
      'HS256 with a private key',
      { privateKey: strong.privateKey, algorithm: 'HS256' },
      /HS256 takes jwt\.secret/,
    ],
    [
      'RS256 with a secret',
      { secret: randomBytes(64), algorithm: 'RS256' },
      /RS256 needs jwt\.privateKey/,
    ],
    [
      'a secret and a private key',
      { secret: randomBytes(64), privateKey: strong.privateKey },
      /algorithm confusion/,
    ],
    [
      'a secret and a public key',
      { secret: randomBytes(64), publicKey: strong.publicKey },
      /algorithm confusion/,
    ],
    [
      'the algorithm none',
      { secret: randomBytes(64), algorithm: 'none' },
      /"none" and lists are never accepted/,
    ],
    ['NONE', { secret: randomBytes(64), algorithm: 'NONE' }, /"none" and lists/],
    ['an empty algorithm', { secret: randomBytes(64), algorithm: '' }, /"none" and lists/],
    ['a list of algorithms', { secret: randomBytes(64), algorithm: ['HS256'] }, /"none" and lists/],
    ['null for an algorithm', { secret: randomBytes(64), algorithm: null }, /"none" and lists/],
    ['a lower-case algorithm', { secret: randomBytes(64), algorithm: 'hs256' }, /"none" and lists/],
    [
      'a list of verifier algorithms',
      { secret: randomBytes(64), algorithms: [] },
      /jwt\.algorithms: there is no such option/,
    ],
  ])('is refused: %s', (_, keys, message) => {
    const problems = problemsOf(withKeys(keys), dataSource);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).toMatch(/\. (?:Give|Leave|Remove|Make|The options are)|: give/);
    expect(problems.join()).not.toContain(pem(strong.privateKey).slice(40, 80));
  });

  it('a public key may come out of the private one', () => {
    const { tokens } = settingsOf(withKeys({ privateKey: p256.privateKey }), dataSource);
    const [key] = tokens.keys.given ?? [];
    expect(key?.verify.equals(createPublicKey(p256.privateKey))).toBe(true);
    expect(key?.verify.type).toBe('public');
  });
});
