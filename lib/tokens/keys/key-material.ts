import type { KeyObject } from 'node:crypto';
import type { Algorithm } from '../jwt.options.js';

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

/** A key that was found good, before it has an id. */
export type UnnamedKey = Omit<KeyMaterial, 'kid'>;

/** Where the keys come from. */
export interface KeySource {
  /** The keys that the options hold; `undefined` when a provider has to be asked. */
  readonly given: readonly KeyMaterial[] | undefined;
  /** Whether loading again may give other keys: from files, or from a provider. */
  readonly canChange: boolean;
  /**
   * The current keys, in order: the first that can sign signs.
   *
   * @throws KeyRingError when they cannot be loaded or used
   */
  load(): Promise<readonly KeyMaterial[]>;
}
