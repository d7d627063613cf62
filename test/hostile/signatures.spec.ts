/** Signatures that are almost right: shortened, in another encoding, out of range, or made from a good one. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { newSigners, type Sign } from './support/signers.js';
import { expectAccepted, expectRefused, startTarget, type Target } from './support/target.js';

const SIGNERS = newSigners();

type Change = (signature: Buffer) => Uint8Array;

const zeros: Change = (signature) => Buffer.alloc(signature.length);

/** What no algorithm accepts. */
const BROKEN: Record<string, Change> = {
  'one byte short at its end': (signature) => signature.subarray(0, -1),
  'one byte short at its beginning': (signature) => signature.subarray(1),
  'half of it': (signature) => signature.subarray(0, signature.length / 2),
  'one zero byte long at its end': (signature) => Buffer.concat([signature, Buffer.alloc(1)]),
  'one zero byte long at its beginning': (signature) => Buffer.concat([Buffer.alloc(1), signature]),
  'twice itself': (signature) => Buffer.concat([signature, signature]),
  'all zeros': zeros,
  'all ones': (signature) => Buffer.alloc(signature.length, 0xff),
  'one byte': () => Buffer.alloc(1),
  backwards: (signature) => signature.toReversed(),
  'its text, encoded once more': (signature) => Buffer.from(signature.toString('base64url')),
  'in hexadecimal': (signature) => Buffer.from(signature.toString('hex')),
};

/** The order of the base point: of P-256 (FIPS 186-4 D.1.2.3) and of Ed25519 (RFC 8032 §5.1). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

const number = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);
const bytesOf = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const little = (bytes: Buffer) => Buffer.from(bytes.toReversed());

/** r and s of ECDSA, side by side (RFC 7518 §3.4). */
const pair = (r: bigint, s: bigint) => Buffer.concat([bytesOf(r), bytesOf(s)]);
const r = (signature: Buffer) => number(signature.subarray(0, 32));
const s = (signature: Buffer) => number(signature.subarray(32));

/** ASN.1 INTEGER, and the SEQUENCE of two, as OpenSSL and X.509 have ECDSA signatures. */
const integer = (value: bigint) => {
  const bytes = value.toString(16);
  const even = bytes.length % 2 === 0 ? bytes : `0${bytes}`;
  const content = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
  return Buffer.concat([Buffer.of(0x02, content.length), content]);
};
const asDer = (signature: Buffer) => {
  const content = Buffer.concat([integer(r(signature)), integer(s(signature))]);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
};

const OF_ECDSA: Record<string, Change> = {
  'r and s are zero': () => pair(0n, 0n),
  'r is zero, s is one': () => pair(0n, 1n),
  'r is one, s is zero': () => pair(1n, 0n),
  'r and s are the order': () => pair(N, N),
  'r is zero': (signature) => pair(0n, s(signature)),
  's is zero': (signature) => pair(r(signature), 0n),
  's and r, the other way round': (signature) => pair(s(signature), r(signature)),
  'in DER': asDer,
  'in DER, filled up to the length': (signature) =>
    Buffer.concat([asDer(signature), Buffer.alloc(64)]).subarray(0, 64),
};

const OF_ED25519: Record<string, Change> = {
  // RFC 8032 §5.1.7: S must be below the order, or every signature has twins.
  'S plus the order': (signature) =>
    Buffer.concat([
      signature.subarray(0, 32),
      little(bytesOf(number(little(signature.subarray(32))) + L)),
    ]),
  'S is zero, R is the neutral point': () => Buffer.concat([Buffer.of(1), Buffer.alloc(63)]),
  'R is no point': (signature) => Buffer.concat([Buffer.alloc(32, 0xfe), signature.subarray(32)]),
};

const BY_FAMILY = {
  HS256: {},
  RS256: {},
  PS256: {},
  ES256: OF_ECDSA,
  EdDSA: OF_ED25519,
} as const;

describe.each(['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'] as const)('%s', (family) => {
  const signer = SIGNERS[family];
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ signer });
  });
  afterAll(() => target.close());
  const changed =
    (change: Change): Sign =>
    (text) =>
      Buffer.from(change(signer.sign(text)));

  it('an invalid signature decides before anything that the token says', async () => {
    const { app, claims, remake } = target;
    const iat = Number(claims['iat']) - 7_200;
    const ended = { ...claims, iat, iat_ms: iat * 1000, auth_time: iat, exp: iat + 60 };
    await expectRefused(app, remake({ claims: ended }), 'token_expired');
    await expectRefused(app, remake({ claims: ended, sign: changed(zeros) }), 'token_invalid');
    const nobody = { ...claims, sub: '999999' };
    await expectRefused(app, remake({ claims: nobody }), 'account_deleted');
    await expectRefused(app, remake({ claims: nobody, sign: changed(zeros) }), 'token_invalid');
  });

  it.each(Object.entries({ ...BROKEN, ...BY_FAMILY[family] }))('%s', async (_, change) => {
    await expectAccepted(target.app, target.remake({}));
    await expectRefused(target.app, target.remake({ sign: changed(change) }));
  });
});
