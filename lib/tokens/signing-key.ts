import type { KeyObject } from 'node:crypto';
import type { Algorithm } from '../auth.options.js';

/** The key of this instance. The algorithm belongs to the key and is never taken from a token (RFC 8725 §3.1). */
export interface SigningKey {
  readonly algorithm: Algorithm;
  /** Secret or private key. A key object, made once: jsonwebtoken rebuilds a text key on every call. */
  readonly sign: KeyObject;
  /** Secret or public key. */
  readonly verify: KeyObject;
}
