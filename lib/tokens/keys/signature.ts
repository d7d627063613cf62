import { sign, verify } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { KeyMaterial } from './key-material.js';

/** Why a token was not opened. */
export type SignatureFault =
  /** Not a JWT, whatever the key. */
  | 'malformed'
  /** Another key made the signature, or nobody did. */
  | 'forged';

/** What was signed; believed from here on. */
export interface Opened {
  readonly payload: unknown;
}

/** Signs and opens tokens with one key, by its algorithm alone. */
export interface Signature {
  /** The text of a token with this payload. `secret`: a key derived from this one, in its place. */
  sign(payload: object, secret?: Buffer): string;
  /** The payload of a token whose signature holds. Looks at no claim. */
  open(token: string, secret?: Buffer): Opened | SignatureFault;
}

/** RFC 9068 §2.1: the type keeps access tokens apart from every other JWT that the key may sign. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

export function signatureOf(key: KeyMaterial): Signature {
  return key.algorithm === 'EdDSA' ? new Ed25519Signature(key) : new JsonWebTokenSignature(key);
}

/** By jsonwebtoken, which is what @nestjs/jwt and passport-jwt are made of. */
class JsonWebTokenSignature implements Signature {
  private readonly jwt: JwtService;
  private readonly signing: object;
  // Times, issuer and audience are the claims parser's, for every algorithm alike.
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

/** EdDSA with Ed25519 (RFC 8037 §3.1), which jsonwebtoken does not have, by Node's own crypto. */
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
    // No hash of its own: the algorithm has one inside.
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
