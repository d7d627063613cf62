/**
 * The examples in the RFC texts. Those that are signed hold under the library's own code, so that it signs
 * and verifies what everybody else does; and none of them is an access token, also for the owner of the key.
 */
import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyService, type KeyOptions } from 'nestjs-revocable-jwt';
import { requireKeys } from '../../lib/tokens/keys/key-source.js';
import { type Signature, signatureOf } from '../../lib/tokens/keys/signature.js';
import { compact, partsOf } from '../support/tokens.js';
import { signing } from '../hostile/support/signers.js';
import {
  expectAccepted,
  expectRefused,
  startTarget,
  type Target,
} from '../hostile/support/target.js';
import OTHER from './vectors/other.json' with { type: 'json' };
import SIGNED from './vectors/signed.json' with { type: 'json' };

/** The application's own key, of an algorithm that no example has. */
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const OWN: KeyOptions = { privateKey };

let target: Target;
beforeAll(async () => {
  target = await startTarget({
    signer: { algorithm: 'ES384', key: OWN, sign: signing('ES384', privateKey) },
  });
});
afterAll(() => target.close());

/** Gives the application a further key. */
const trust = (key: KeyOptions) => target.app.app.get(KeyService).replace([OWN, key]);

/** The library's own signature code, with this key. */
function signatureWith(key: KeyOptions): Signature {
  const [, second] = requireKeys([{ secret: randomBytes(32) }, key], false);
  if (second === undefined) throw new Error('no key');
  return signatureOf(second);
}

describe.each(SIGNED)('$source', ({ jwk, token }) => {
  const [, payload = ''] = token.split('.');
  const text = Buffer.from(payload, 'base64url').toString();
  // Ed25519 is verified by the library itself, which wants JSON, and is told apart from a forgery.
  const opened = jwk.kty === 'OKP' ? 'malformed' : { payload: parsed(text) };

  it('is valid under its key', () => {
    expect(signatureWith({ jwk }).open(token)).toEqual(opened);
  });

  it('no byte of it can be changed', () => {
    const signature = signatureWith({ jwk });
    const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    let changed = 0;
    for (const [which, part] of parts.entries()) {
      for (let at = 0; at < part.length; at++) {
        const other = parts.map((same) => Buffer.from(same));
        other[which]?.writeUInt8((part[at] ?? 0) ^ 1, at);
        const forged = other.map((bytes) => bytes.toString('base64url')).join('.');
        const outcome = signature.open(forged);
        expect(outcome, forged).toBeTypeOf('string');
        expect(outcome).not.toBe(opened);
        changed++;
      }
    }
    expect(changed).toBeGreaterThan(80);
  });

  it('is not an access token, even if its key is trusted', async () => {
    trust({ jwk });
    await expectAccepted(target.app, target.token);
    await expectRefused(target.app, token);
  });
});

describe.each(OTHER)('$source', ({ token }) => {
  it('is not an access token', async () => {
    trust({ secret: randomBytes(32) });
    await expectRefused(target.app, token);
  });
});

describe('RFC 9068 2.2, the example of an access token', () => {
  const header = { typ: 'at+JWT', alg: 'ES384', kid: 'RjEwOwOA' };
  const claims = {
    iss: 'https://authorization-server.example.com/',
    sub: '5ba552d67',
    aud: 'https://rs.example.com/',
    exp: 1639528912,
    iat: 1618354090,
    jti: 'dbe39bf3a3ba4238a513f51d6e1691c4',
    client_id: 's6BhdRkqt3',
    scope: 'openid profile reademail',
  };
  it.each([
    ['as it stands', header],
    ['with the name of the type in the letters of section 4', { ...header, typ: 'at+jwt' }],
  ])(
    '%s: of another issuer, and refused, although the library’s key signed it',
    async (_, header) => {
      target.app.app.get(KeyService).replace([{ ...OWN, kid: 'RjEwOwOA' }]);
      await expectRefused(target.app, compact(header, claims, signing('ES384', privateKey)));
    },
  );

  it('tokens of the library have its claims, as the profile requires', () => {
    const ours = partsOf(target.token);
    expect(ours.header).toMatchObject({ typ: 'at+jwt', alg: 'ES384', kid: expect.any(String) });
    const required = ['iss', 'exp', 'aud', 'sub', 'iat', 'jti', 'client_id', 'auth_time'];
    expect(Object.keys(ours.claims)).toEqual(expect.arrayContaining(required));
  });
});

describe('the id of a key that was given none', () => {
  it.each<[source: string, jwk: JsonWebKey, thumbprint: string]>([
    [
      'RFC 7638 3.1',
      {
        kty: 'RSA',
        n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
        e: 'AQAB',
      },
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    ],
    [
      'RFC 8037 A.3',
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ],
  ])('is its thumbprint: %s', (_, jwk, thumbprint) => {
    const [, key] = requireKeys([{ secret: randomBytes(32) }, { jwk }], false);
    expect(key?.kid).toBe(thumbprint);
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
