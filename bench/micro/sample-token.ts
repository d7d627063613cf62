import { createSecretKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { TokenSettings } from '../../lib/tokens/token-settings.js';
import { TokenVerifier } from '../../lib/tokens/token-verifier.js';
import { AUDIENCE, ISSUER } from '../server/keys.js';

/** A token as the library issues them, and the verifier that accepts it. */
export interface SampleToken {
  readonly token: string;
  readonly verifier: TokenVerifier;
}

export function sampleToken(algorithm: 'HS256' | 'RS256' | 'ES256'): SampleToken {
  const { sign, verify } = pair(algorithm);
  const jwt = new JwtService(
    algorithm === 'HS256' ? { secret: sign } : { privateKey: sign, publicKey: verify },
  );
  const settings: TokenSettings = {
    algorithm,
    sign,
    verify,
    issuer: ISSUER,
    audience: AUDIENCE,
    lifeSeconds: 900,
    toleranceSeconds: 10,
    from: { header: true },
    deriveKeyFrom: [],
    renewal: undefined,
  };
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    realm: 'jwt',
    pol: 'benchmark-set-01',
    gen: randomBytes(16).toString('base64url'),
    ver: 0,
    sub: '1',
    jti: randomUUID(),
    sid: randomUUID(),
    iat,
    exp: iat + 900,
    iat_ms: iat * 1000,
    auth_time: iat,
    roles: ['user'],
    iss: ISSUER,
    aud: AUDIENCE,
  };
  const token = jwt.sign(claims, { algorithm, header: { alg: algorithm, typ: 'at+jwt' } });
  return { token, verifier: new TokenVerifier(jwt, settings, 'jwt') };
}

function pair(algorithm: 'HS256' | 'RS256' | 'ES256') {
  if (algorithm === 'HS256') {
    const secret = createSecretKey(randomBytes(32));
    return { sign: secret, verify: secret };
  }
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { sign: privateKey, verify: publicKey };
}
