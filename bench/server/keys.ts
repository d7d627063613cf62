import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { KeySpec } from './spec.js';

export const ISSUER = 'https://api.example.com';
export const AUDIENCE = 'example-api';

/** A key to sign with and one to verify with, as an application would hold them. */
export interface Keys {
  readonly algorithm: KeySpec['algorithm'] | 'EdDSA';
  readonly sign: string | KeyObject;
  readonly verify: string | KeyObject;
}

export function keysOf({ algorithm, key }: Pick<Keys, 'algorithm'> & Pick<KeySpec, 'key'>): Keys {
  if (algorithm === 'HS256') {
    const secret = randomBytes(32).toString('base64url');
    const shared = key === 'text' ? secret : createSecretKey(secret, 'utf8');
    return { algorithm, sign: shared, verify: shared };
  }
  const { privateKey, publicKey } = pairOf(algorithm);
  if (key === 'object') return { algorithm, sign: privateKey, verify: publicKey };
  return {
    algorithm,
    sign: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    verify: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** A new pair of keys, to sign and to verify with. */
export function pairOf(algorithm: Exclude<Keys['algorithm'], 'HS256'>) {
  switch (algorithm) {
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
  }
}

/** Signs claims, whatever they are. */
export function signer({ algorithm, sign }: Keys, typ = 'JWT') {
  if (algorithm === 'EdDSA') throw new Error('jsonwebtoken has no EdDSA.');
  const jwt = new JwtService(algorithm === 'HS256' ? { secret: sign } : { privateKey: sign });
  return (claims: object): string =>
    jwt.sign(claims, { algorithm, header: { alg: algorithm, typ } });
}
