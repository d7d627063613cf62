import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import type { Claims } from '../../lib/decision/claims.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { keyIdOf } from '../../lib/tokens/keys/key-id.js';
import { KeyRing } from '../../lib/tokens/keys/key-ring.js';
import { TokenVerifier } from '../../lib/tokens/token-verifier.js';
import { AUDIENCE, ISSUER, pairOf } from '../server/keys.js';

export const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const;
export const POLICY_SET = 'benchmark-set-01';
export const GENERATION = 'benchmark-generation';

/** A token as the library issues them, and how it is verified. */
export interface SampleToken {
  readonly token: string;
  verify(): Claims | Refusal;
}

export function sampleToken(algorithm: (typeof ALGORITHMS)[number]): SampleToken {
  const { sign, verify } = pair(algorithm);
  const ring = new KeyRing([{ kid: keyIdOf(verify), algorithm, sign, verify }]);
  const verifier = new TokenVerifier({
    ring,
    refresh: { forUnknownKey: () => Promise.resolve() },
    rules: {
      issuer: ISSUER,
      audience: AUDIENCE,
      realm: 'jwt',
      toleranceSeconds: 10,
      longestLifeSeconds: 86_400,
      claims: undefined,
      policySet: POLICY_SET,
      stamps: [
        ['ver', 'integer'],
        ['gen', 'string'],
      ],
    },
    deriveKeyFrom: [],
    reader: { read: () => Promise.reject(new Error('Nothing is read to verify a token.')) },
    policies: [],
    subjects: { databaseType: 'text', isRandom: false, canHold: () => true },
    // Without one, so that each verification checks the signature.
    cache: undefined,
  });
  const token = ring.signer(new Set())?.signature.sign(payload()) ?? '';
  return {
    token,
    verify: () => {
      const verified = verifier.verify(token);
      return 'claims' in verified ? verified.claims : new Refusal('token_invalid');
    },
  };
}

/** What it says. */
export function sampleClaims(): Claims {
  const claims = sampleToken('HS256').verify();
  if (claims instanceof Refusal) throw new Error(`The sample is refused: ${claims.code}`);
  return claims;
}

function payload() {
  const iat = Math.floor(Date.now() / 1000);
  return {
    realm: 'jwt',
    pol: POLICY_SET,
    gen: GENERATION,
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
}

function pair(algorithm: (typeof ALGORITHMS)[number]) {
  if (algorithm === 'HS256') {
    const secret = createSecretKey(randomBytes(32));
    return { sign: secret, verify: secret };
  }
  const { privateKey, publicKey } = pairOf(algorithm);
  return { sign: privateKey, verify: publicKey };
}
