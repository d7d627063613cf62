import { sign, verify } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { KeyMaterial } from './key-material.js';

/** Why a token was not opened. */
export type SignatureFault =
  /** It is not a JWT. */
  | 'malformed'
  /** This key did not make the signature. */
  | 'forged';

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
export const ACCESS_TOKEN_TYPE = 'at+jwt';

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
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const malformed = ['jwt malformed', 'invalid token'].includes(message);
      return malformed || name === 'SyntaxError' ? 'malformed' : 'forged';
    }
  }
}

/** EdDSA with Ed25519 (RFC 8037 §3.1), which jsonwebtoken does not support, with Node's crypto. */
class Ed25519Signature implements Signature {
  private readonly header: string;

  constructor(private readonly key: KeyMaterial) {
    const { algorithm, kid } = key;
    this.header = encoded({ alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid });
  }

  sign(payload: object): string {
    const { sign: own } = this.key;
    if (own === undefined) throw new Error('This key only verifies.');
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

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
