import { errorOf } from '../../errors/error-of.js';
import { ok as assert } from 'node:assert/strict';
import { createHmac, type KeyObject, sign, verify } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../jwt.options.js';
import type { SubjectState } from '../../decision/auth-state.js';
import { fingerprint } from '../../decision/comparable.js';

/** One validated key. The algorithm belongs to the key and is never taken from a token (RFC 8725 §3.1). */
export interface KeyMaterial {
  /** Its id, which tokens name in their header (RFC 7515 §4.1.4). */
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** The secret or the public key. A key object, because jsonwebtoken rebuilds a text key on every call. */
  readonly verify: KeyObject;
  /** The secret or the private key; `undefined`: this key only verifies. */
  readonly sign: KeyObject | undefined;
}

export type UnnamedKey = Omit<KeyMaterial, 'kid'>;

/** It is not a JWT, or this key did not make the signature. */
export type SignatureFault = 'malformed' | 'forged';

/** What was signed. From here on it can be trusted. */
export interface Opened {
  readonly payload: unknown;
}

/** Signs and opens tokens with one key and its one algorithm. */
export interface Signature {
  /** The text of a token with this payload. `secret`: a derived key to use in place of this one. */
  sign(payload: object, secret?: Buffer): string;
  /** The payload of a token whose signature holds. Checks no claim. */
  open(token: string, secret?: Buffer): Opened | SignatureFault;
}

/** RFC 9068 §2.1: tells access tokens from other JWTs that the key may sign. */
const ACCESS_TOKEN_TYPE = 'at+jwt';

export function signatureOf(key: KeyMaterial): Signature {
  return key.algorithm === 'EdDSA' ? new Ed25519Signature(key) : new JsonWebTokenSignature(key);
}

/** With jsonwebtoken, which @nestjs/jwt and passport-jwt use. */
class JsonWebTokenSignature implements Signature {
  private readonly jwt: JwtService;
  private readonly signing: object;
  // The claims parser checks times, issuer and audience, for every algorithm alike.
  private readonly opening: object;

  constructor({ algorithm, kid, sign: own, verify: other }: KeyMaterial) {
    this.jwt = new JwtService(
      other.type === 'secret' ? { secret: other } : { privateKey: own, publicKey: other },
    );
    this.signing = { algorithm, header: { alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid } };
    this.opening = { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true };
  }

  sign(payload: object, secret?: Buffer): string {
    return this.jwt.sign(payload, secret ? { ...this.signing, secret } : this.signing);
  }

  open(token: string, secret?: Buffer): Opened | SignatureFault {
    try {
      const options = secret ? { ...this.opening, secret } : this.opening;
      return { payload: this.jwt.verify<object>(token, options) };
    } catch (error) {
      const { name, message } = errorOf(error);
      const malformed = ['jwt malformed', 'invalid token'].includes(message);
      return malformed || name === 'SyntaxError' ? 'malformed' : 'forged';
    }
  }
}

/** EdDSA with Ed25519 (RFC 8037 §3.1), which jsonwebtoken does not support, with Node's crypto. */
class Ed25519Signature implements Signature {
  private readonly header: string;

  constructor(private readonly key: KeyMaterial) {
    this.header = headerOf(key);
  }

  sign(payload: object): string {
    const { sign: own } = this.key;
    assert(own !== undefined, 'This key only verifies.');
    const text = `${this.header}.${encoded(payload)}`;
    // No hash to name: the algorithm includes one.
    return `${text}.${sign(null, Buffer.from(text), own).toString('base64url')}`;
  }

  open(token: string): Opened | SignatureFault {
    const end = token.lastIndexOf('.');
    const signed = Buffer.from(token.slice(0, end));
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    if (!verify(null, signed, this.key.verify, signature)) return 'forged';
    try {
      const payload = Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url');
      return { payload: JSON.parse(payload.toString()) };
    } catch {
      return 'malformed';
    }
  }
}

/** The first part of every token that this library signs with the key. */
export function headerOf({ algorithm, kid }: KeyMaterial): string {
  return encoded({ alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid });
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/**
 * The key that signs one user's tokens: an HMAC of the watched columns under the realm's secret.
 *
 * When a column changes, the key changes, and every earlier signature fails. The hashed text begins
 * with a label, so that no other use of the secret yields the same bytes.
 */
export function derivedKey(
  secret: KeyObject,
  columns: readonly string[],
  subject: SubjectState,
): Buffer {
  return createHmac('sha512', secret)
    .update('nestjs-revocable-jwt derived key\0')
    .update(fingerprint(subject, columns))
    .digest();
}
