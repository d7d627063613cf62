import type { JsonWebKey } from 'node:crypto';
import type { Algorithm, KeyOptions } from '../tokens/jwt.options.js';
import { RevocationError } from '../errors/auth.errors.js';
import { isStorable } from '../users/subject-codec.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { RevokeOptions } from '../log/revoke-options.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import type { KeyMaterial } from '../tokens/keys/key-material.js';
import type { KeyRefresh } from '../tokens/keys/key-refresh.js';
import type { KeyRing } from '../tokens/keys/key-ring.js';
import { publicJwk } from '../tokens/keys/public-jwk.js';
import type { WithdrawnKeys } from './withdrawn-keys.js';

/** What may be known of a key. */
export interface KeyInfo {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** Whether it has a secret or private part. The first that has one, and was not withdrawn, signs. */
  readonly canSign: boolean;
}

/** The public keys of an instance (RFC 7517 §5). */
export interface PublicKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** What {@link KeyService.withdraw} takes. */
export interface WithdrawOptions extends RevokeOptions {
  /** Withdraws an id that no key of this process has: another process may have it still. */
  readonly unknown?: boolean;
}

/** What the service is made of. */
export interface KeyServiceParts {
  readonly ring: KeyRing;
  readonly refresh: KeyRefresh;
  readonly log: RevocationLog;
  readonly store: RevocationTransaction;
  readonly withdrawn: WithdrawnKeys;
  /** Validates keys that come at run time. @throws KeyRingError */
  readonly usable: (list: readonly KeyOptions[]) => readonly KeyMaterial[];
}

/**
 * The keys of this instance while it runs: which there are, changing them, taking one back.
 *
 * A planned rotation: add the new key behind the current one, everywhere; then put it first. Once the
 * tokens of the old one have expired, remove it. A key that leaked is withdrawn at once.
 */
export class KeyService {
  constructor(private readonly parts: KeyServiceParts) {}

  /** The keys in use, in order. Nothing of it is secret. */
  list(): readonly KeyInfo[] {
    return this.parts.ring.keys.map(({ kid, algorithm, sign }) => ({
      kid,
      algorithm,
      canSign: sign !== undefined,
    }));
  }

  /**
   * The public keys, for services that verify tokens themselves. Secrets have no public half and are
   * not in it, nor are withdrawn keys. A verifier that knows only these sees no other revocation.
   *
   * @throws AuthUnavailableException (503) as long as it was never read which keys are withdrawn
   */
  async publicKeys(): Promise<PublicKeySet> {
    const { ring, withdrawn } = this.parts;
    const pairs = ring.keys.filter(({ verify }) => verify.type === 'public');
    const gone = pairs.length === 0 ? undefined : await withdrawn.recent();
    return {
      // Out of public key objects, so that no private member can slip through.
      keys: pairs
        .filter(({ kid }) => !gone?.has(kid))
        .map(({ kid, algorithm, verify }) => ({
          ...publicJwk(verify),
          kid,
          alg: algorithm,
          use: 'sig',
        })),
    };
  }

  /**
   * Loads the keys anew, from the provider or the files in the options, in this process.
   *
   * @throws KeyRingError when they cannot be had or used; those from before stay in use
   */
  reload(): Promise<void> {
    return this.parts.refresh.reload();
  }

  /**
   * Puts these keys in place of all, in this process: what is not among them verifies nothing any more.
   * For keys that the options list themselves.
   *
   * @throws KeyRingError when one of them cannot be used, or where a provider or files have the keys, which
   *   would give the old ones again; those from before stay in use
   */
  replace(keys: readonly KeyOptions[]): void {
    this.parts.refresh.replace(this.parts.usable(keys));
  }

  /**
   * Takes a key back for good: every token that it signed is refused, in every process, as soon as a
   * revocation is. It signs nothing any more either: the next key does, and without one nobody can
   * sign in until there is one (503).
   *
   * @throws RevocationError when no key here has that id, so that nothing was withdrawn
   * @throws AuthUnavailableException (503) when it could not be stored, or not be known to be
   */
  async withdraw(kid: string, options: WithdrawOptions = {}): Promise<void> {
    const { ring, log, store, withdrawn } = this.parts;
    if (typeof kid !== 'string' || !isStorable(kid)) {
      throw new RevocationError(
        'invalid_argument',
        'kid: give a text of 1 to 255 characters; nothing was withdrawn.',
      );
    }
    if (ring.named(kid) === undefined && options.unknown !== true) {
      throw new RevocationError(
        'invalid_argument',
        'kid: no key of this process has this id, and nothing was withdrawn; give one that list() has, or say unknown: true.',
      );
    }
    const { reason, actor } = options;
    await store.run(
      options,
      function* () {
        yield* log.withdrawKey(kid);
        return yield* log.append({ kind: 'key', ref: kid, reason, actor });
      },
      // Asked for once it is committed, which in a transaction of the caller's is after this call.
      () => {
        withdrawn.withdrew(kid);
        return { type: 'key_withdrawn', at: new Date(), kid, reason, actor };
      },
    );
  }
}
