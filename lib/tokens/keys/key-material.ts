import type { KeyObject } from 'node:crypto';
import type { Algorithm } from '../jwt.options.js';

/** One key, validated. The algorithm belongs to the key and is never taken from a token (RFC 8725 §3.1). */
export interface KeyMaterial {
  /** Its id, as tokens name it in their header (RFC 7515 §4.1.4). */
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** Secret or public key. A key object, made once: jsonwebtoken rebuilds a text key on every call. */
  readonly verify: KeyObject;
  /** Secret or private key; `undefined`: it only verifies. */
  readonly sign: KeyObject | undefined;
}

/** Where the keys of an instance come from. */
export interface KeySource {
  /** The keys that the options hold themselves; `undefined` where a provider has to be asked. */
  readonly given: readonly KeyMaterial[] | undefined;
  /** Whether loading again may give other keys: there are files to read, or there is a provider to ask. */
  readonly canChange: boolean;
  /**
   * The keys as they are now, in order: the first that can sign signs.
   *
   * @throws KeyRingError when they cannot be had, or cannot be used
   */
  load(): Promise<readonly KeyMaterial[]>;
}
