import { headerOf, type KeyMaterial, type Signature, signatureOf } from './signature.js';

export interface RingKey extends KeyMaterial {
  readonly signature: Signature;
}

/**
 * The keys in use: one signs, all of them verify. A token names its key by `kid`; the key fixes the
 * algorithm.
 *
 * The keys may be replaced at any time. A token is signed or verified in one turn of the event loop, so
 * it meets either the old keys or the new ones.
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

  named(kid: string): RingKey | undefined {
    return this.ids.get(kid);
  }

  /**
   * The key of a token's first part, as this library writes it. That text is the same in every token of a key, so
   * type, algorithm and `kid` are known without decoding.
   */
  ofHeader(header: string): RingKey | undefined {
    return this.headers.get(header);
  }

  /** The key for a token without a `kid`: only if a single key has its algorithm. */
  onlyOneFor(algorithm: unknown): RingKey | undefined {
    const [only, ...others] = this.ring.filter((key) => key.algorithm === algorithm);
    return others.length === 0 ? only : undefined;
  }

  /** The key to sign with. A withdrawn key signs nothing, because its tokens are refused. */
  signer(withdrawn: ReadonlySet<string>): RingKey | undefined {
    return this.ring.find(({ kid, sign }) => sign !== undefined && !withdrawn.has(kid));
  }

  /** Replaces all keys. Tokens of the old keys are no longer accepted. */
  replace(keys: readonly KeyMaterial[]): void {
    this.fill(keys);
    for (const listener of this.listeners) listener();
  }

  /**
   * Calls back after the keys were replaced, in the same turn of the event loop, so that caches of verified
   * tokens can be emptied. Returns a function that stops it.
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
      this.headers.set(headerOf(key), key);
    }
  }
}
