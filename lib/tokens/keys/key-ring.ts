import type { KeyMaterial } from './key-material.js';
import { ACCESS_TOKEN_TYPE, type Signature, signatureOf } from './signature.js';

/** A key of the ring, ready for use. */
export interface RingKey extends KeyMaterial {
  readonly signature: Signature;
}

/**
 * The keys of an instance: one signs, all of them verify. A token says by `kid` which of them signed
 * it; what algorithm that is, the key says.
 *
 * The keys may be replaced at any time. A token is signed or verified in one turn of the event loop, so
 * it meets either the keys from before or those from after.
 */
export class KeyRing {
  private ring: readonly RingKey[] = [];
  private readonly ids = new Map<string, RingKey>();
  private readonly headers = new Map<string, RingKey>();
  private readonly listeners = new Set<() => void>();

  constructor(keys: readonly KeyMaterial[]) {
    this.fill(keys);
  }

  /** In order: the first that can sign signs. */
  get keys(): readonly RingKey[] {
    return this.ring;
  }

  /** The key with this id. */
  named(kid: string): RingKey | undefined {
    return this.ids.get(kid);
  }

  /**
   * The key behind a token's first part, as this library writes it: its text is the same in every
   * token of a key, so nothing has to be decoded to know that type, algorithm and `kid` are good.
   */
  behind(header: string): RingKey | undefined {
    return this.headers.get(header);
  }

  /** The key of a token that names none: only where a single key has its algorithm. */
  onlyOneFor(algorithm: unknown): RingKey | undefined {
    const [only, ...others] = this.ring.filter((key) => key.algorithm === algorithm);
    return others.length === 0 ? only : undefined;
  }

  /** The key to sign with: what a withdrawn key signs is dead. */
  signer(withdrawn: ReadonlySet<string>): RingKey | undefined {
    return this.ring.find(({ kid, sign }) => sign !== undefined && !withdrawn.has(kid));
  }

  /** Puts other keys in place of all. What a key of before signed is no longer accepted. */
  replace(keys: readonly KeyMaterial[]): void {
    this.fill(keys);
    for (const listener of this.listeners) listener();
  }

  /**
   * Calls back after the keys were replaced, in the same turn of the event loop: for whoever
   * remembers what they verified. Gives how to stop that.
   */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private fill(keys: readonly KeyMaterial[]): void {
    this.ring = keys.map((key) => ({ ...key, signature: signatureOf(key) }));
    this.ids.clear();
    this.headers.clear();
    for (const key of this.ring) {
      this.ids.set(key.kid, key);
      const header = { alg: key.algorithm, typ: ACCESS_TOKEN_TYPE, kid: key.kid };
      this.headers.set(Buffer.from(JSON.stringify(header)).toString('base64url'), key);
    }
  }
}
