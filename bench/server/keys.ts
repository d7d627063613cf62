import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { KeySpec } from './spec.js';

export const ISSUER = 'https://api.example.com';
export const AUDIENCE = 'example-api';

/** A key to sign with and one to verify with, as an application would hold them. */
export interface Keys {
  readonly algorithm: KeySpec['algorithm'];
  readonly sign: string | KeyObject;
  readonly verify: string | KeyObject;
}

export function keysOf({ algorithm, key }: KeySpec): Keys {
  if (algorithm === 'HS256') {
    const secret = randomBytes(32).toString('base64url');
    const shared = key === 'text' ? secret : createSecretKey(secret, 'utf8');
    return { algorithm, sign: shared, verify: shared };
  }
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (key === 'object') return { algorithm, sign: privateKey, verify: publicKey };
  return {
    algorithm,
    sign: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    verify: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Signs claims, whatever they are. */
export function signer({ algorithm, sign }: Keys, typ = 'JWT') {
  const jwt = new JwtService(algorithm === 'HS256' ? { secret: sign } : { privateKey: sign });
  return (claims: object): string =>
    jwt.sign(claims, { algorithm, header: { alg: algorithm, typ } });
}
