/**
 * Confusion of algorithms (RFC 8725 §2.1, §3.1): the sender says which algorithm, and signs with something that
 * everybody has. The algorithm belongs to the key here, so it helps nobody.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Algorithm, KeyOptions } from 'nestjs-revocable-jwt';
import { certificate } from '../support/certificate.js';
import { compact } from '../support/tokens.js';
import { FAMILIES, hmac, newSigner, newSigners, type Sign, signing } from './support/signers.js';
import { expectAccepted, expectRefused, startTarget, type Target } from './support/target.js';

const SIGNERS = newSigners();
const PAIRS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const HMACS: Algorithm[] = ['HS256', 'HS384', 'HS512'];

/** A public key in every text and every bytes that it is passed around in. */
function spellings(key: KeyObject): Record<string, string | Buffer> {
  const spki = key.export({ type: 'spki', format: 'der' });
  const pem = String(key.export({ type: 'spki', format: 'pem' }));
  const jwk = key.export({ format: 'jwk' });
  const isRsa = key.asymmetricKeyType === 'rsa';
  return {
    'PEM, SPKI': pem,
    'PEM without its last line break': pem.trimEnd(),
    'PEM with line breaks of Windows': pem.replaceAll('\n', '\r\n'),
    'PEM in one line': pem.replaceAll('\n', ''),
    'PEM without its frame': spki.toString('base64'),
    'DER, SPKI': spki,
    'base64url of the DER': spki.toString('base64url'),
    JWK: JSON.stringify(jwk),
    'JWK, indented': JSON.stringify(jwk, undefined, 2),
    'JWK with an id': JSON.stringify({ ...jwk, kid: 'key-1', use: 'sig' }),
    'JWK Set': JSON.stringify({ keys: [jwk] }),
    'the number alone': Buffer.from(jwk.n ?? jwk.x ?? '', 'base64url'),
    'the number as text': jwk.n ?? jwk.x ?? '',
    ...(isRsa && {
      'PEM, PKCS #1': String(key.export({ type: 'pkcs1', format: 'pem' })),
      'DER, PKCS #1': key.export({ type: 'pkcs1', format: 'der' }),
    }),
  };
}

describe.each([
  ...PAIRS.map((family) => [family, 'own', 'fastify'] as const),
  ['RS256', 'adopted', 'express'] as const,
  ['EdDSA', 'adopted', 'fastify'] as const,
])('the public key of %s as a secret, %s, on %s', (family, kind, adapter) => {
  const signer = SIGNERS[family];
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ signer, adapter, adopted: kind === 'adopted' });
  });
  afterAll(() => target.close());

  const { publicKey } = signer;
  const known = publicKey === undefined ? {} : spellings(publicKey);
  const secrets = { ...known, 'an empty secret': '', 'a zero byte': Buffer.alloc(1) };
  it.each(Object.entries(secrets))('%s', async (_, secret) => {
    const { app, header, claims } = target;
    for (const alg of HMACS) {
      for (const kid of [header['kid'], undefined]) {
        await expectRefused(app, compact({ ...header, alg, kid }, claims, hmac(alg, secret)));
      }
      // The right algorithm in the header, and a MAC where the signature should be.
      await expectRefused(app, compact(header, claims, hmac(alg, secret)));
    }
  });

  it('a certificate for it', async () => {
    const { app, header, claims } = target;
    const der = certificate(RSA);
    const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n');
    const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
    for (const secret of [der, pem]) {
      await expectRefused(app, compact({ ...header, alg: 'HS256' }, claims, hmac('HS256', secret)));
    }
  });

  it('another key of the same kind', async () => {
    const { sign: other } = newSigner(family);
    await expectRefused(target.app, target.remake({ sign: other }));
  });

  it('a signature by the right key over something else', async () => {
    const { app, header, claims, remake } = target;
    const changed = { ...claims, roles: ['owner'] };
    const another = remake({ claims: changed }).split('.');
    const [, , signature = ''] = target.token.split('.');
    await expectRefused(
      app,
      compact(header, changed, () => signature),
    );
    await expectRefused(app, [...target.token.split('.').slice(0, 2), another[2]].join('.'));
  });
});

describe('a ring with a key of every family', () => {
  let target: Target;
  const keys: KeyOptions[] = FAMILIES.map((family) => ({ ...SIGNERS[family].key, kid: family }));
  beforeAll(async () => {
    target = await startTarget({ signer: SIGNERS.HS256, jwt: { keys } });
  });
  afterAll(() => target.close());

  const token = (alg: unknown, kid: unknown, sign: Sign | (() => string)) =>
    compact({ alg, typ: 'at+jwt', kid }, target.claims, sign);

  it('a token by each of them is accepted', async () => {
    for (const family of FAMILIES) {
      await expectAccepted(target.app, token(family, family, SIGNERS[family].sign));
    }
  });

  const mixed = FAMILIES.flatMap((alg) =>
    FAMILIES.flatMap((kid) =>
      FAMILIES.filter((by) => !(alg === kid && kid === by)).map((by) => [alg, kid, by] as const),
    ),
  );
  it(`the algorithm of one key, the id of a second, the signature of a third: ${mixed.length} ways`, async () => {
    for (const [alg, kid, by] of mixed) {
      await expectRefused(target.app, token(alg, kid, SIGNERS[by].sign));
    }
  });

  it.each(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'null', 'undefined', 'any'])(
    'the algorithm %j, with any signature or none',
    async (alg) => {
      const { sign } = SIGNERS.HS256;
      for (const kid of [...FAMILIES, undefined, 'none', '']) {
        await expectRefused(target.app, token(alg, kid, sign));
        await expectRefused(
          target.app,
          token(alg, kid, () => ''),
        );
        await expectRefused(
          target.app,
          token(alg, kid, () => 'AA'),
        );
      }
      await expectRefused(target.app, token(alg, 'HS256', () => '').slice(0, -1));
    },
  );

  it.each(['hs256', 'Hs256', 'HS256 ', ' HS256', 'HS256\0', 'HS512', 'HS384', 'HS1', 'SHA256'])(
    'the algorithm %j, with the signature of HS256',
    async (alg) => {
      await expectRefused(target.app, token(alg, 'HS256', SIGNERS.HS256.sign));
      await expectRefused(target.app, token(alg, undefined, SIGNERS.HS256.sign));
    },
  );

  it.each([[['HS256']], [['none', 'HS256']], [{ 0: 'HS256' }], [null], [256], [true]])(
    'an algorithm that is not text: %j',
    async (alg) => {
      await expectRefused(target.app, token(alg, 'HS256', SIGNERS.HS256.sign));
    },
  );
});

describe('one pair of RSA keys, with the algorithm that the options give it', () => {
  const { privateKey } = RSA;
  const ALL = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
  it.each(ALL)('%s is not what the others make', async (algorithm) => {
    const own = { algorithm, key: { privateKey, algorithm }, sign: signing(algorithm, privateKey) };
    const target = await startTarget({ signer: own });
    try {
      const { app, header, claims } = target;
      await expectAccepted(app, target.remake({}));
      // jsonwebtoken would refuse them too, and is not asked: the library looks at the algorithm itself.
      const asked = vi.spyOn(JwtService.prototype, 'verify');
      for (const other of ALL.filter((name) => name !== algorithm)) {
        const sign = signing(other, privateKey);
        await expectRefused(app, compact({ ...header, alg: other }, claims, sign));
        await expectRefused(app, compact({ ...header, alg: other, kid: undefined }, claims, sign));
        expect(asked).not.toHaveBeenCalled();
        await expectRefused(app, compact(header, claims, sign));
        expect(asked).toHaveBeenCalled();
        asked.mockClear();
      }
      asked.mockRestore();
      // RFC 8017 §8.1.2: the length of the salt is part of the algorithm.
      if (algorithm.startsWith('PS')) {
        const shortSalt: Sign = (text) =>
          sign(`sha${algorithm.slice(2)}`, Buffer.from(text), {
            key: privateKey,
            padding: 6,
            saltLength: 0,
          });
        await expectRefused(app, compact(header, claims, shortSalt));
      }
    } finally {
      await target.close();
    }
  });
});
