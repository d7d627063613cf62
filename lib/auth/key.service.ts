import { InvalidArgumentError } from '../errors/revocation.errors.js';
import type { JsonWebKey } from 'node:crypto';
import type { Algorithm, KeyOptions } from '../tokens/jwt.options.js';
import { isStorable } from '../users/subject-codec.js';
import type { RevocationLog } from '../log/revocation-log.js';
import { checkedOptions, REVOKE_OPTIONS, type RevokeOptions } from '../log/revoke-options.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import type { KeyRing } from '../tokens/keys/key-ring.js';
import type { KeyMaterial } from '../tokens/keys/signature.js';
import type { KeyRefresh } from '../tokens/keys/key-refresh.js';
import { publicJwk } from '../tokens/keys/key-id.js';
import type { WithdrawnKeys } from './withdrawn-keys.js';

/** What is public about a key. */
export interface KeyInfo {
  readonly kid: string;
  readonly algorithm: Algorithm;
  /** Whether it has a secret or private part. The first such key that is not withdrawn signs. */
  readonly canSign: boolean;
}

/** The public keys of a realm (RFC 7517 §5). */
export interface PublicKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** What {@link KeyService.withdraw} takes. */
export interface WithdrawOptions extends RevokeOptions {
  /** Also withdraws an id that no key of this process has: another process may still have it. */
  readonly unknown?: boolean;
}

/**
 * The keys of a realm at run time: lists, changes and withdraws them.
 *
 * A planned rotation: add the new key behind the current one in every process, then put it first. Remove the
 * old key when its tokens have expired. Withdraw a leaked key at once.
 */
export class KeyService {
  constructor(
    private readonly parts: {
      readonly ring: KeyRing;
      readonly refresh: KeyRefresh;
      readonly log: RevocationLog;
      readonly transaction: RevocationTransaction;
      readonly withdrawn: WithdrawnKeys;
      /** Validates keys that are given at run time. @throws KeyRingError */
      readonly usable: (list: readonly KeyOptions[]) => readonly KeyMaterial[];
    },
  ) {}

  /** The keys in use, in order. The list holds no secrets. */
  list(): readonly KeyInfo[] {
    return this.parts.ring.keys.map(({ kid, algorithm, sign }) => ({
      kid,
      algorithm,
      canSign: sign !== undefined,
    }));
  }

  /**
   * The public keys, for services that verify tokens themselves. Withdrawn keys are left out, and so are secrets,
   * which have no public half. A verifier that only has these keys sees no other revocation.
   *
   * @throws AuthUnavailableException (503) until the withdrawn keys were read for the first time
   */
  async publicKeys(): Promise<PublicKeySet> {
    const { ring, withdrawn } = this.parts;
    const pairs = ring.keys.filter(({ verify }) => verify.type === 'public');
    const gone = pairs.length === 0 ? undefined : await withdrawn.recent();
    return {
      // From public key objects, so that no private member can slip through.
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
   * Loads the keys again in this process, from the provider or the files in the options.
   *
   * @throws KeyRingError they cannot be loaded or used; the earlier keys stay in use
   */
  async reload(): Promise<void> {
    await this.parts.refresh.reload();
  }

  /**
   * Replaces all keys in this process. A key that is not in the list no longer verifies tokens. Use it only if the
   * options list the keys themselves.
   *
   * @throws KeyRingError one of them cannot be used, or the options name a provider or files, which would load
   * the old keys again; the earlier keys stay in use
   */
  replace(keys: readonly KeyOptions[]): void {
    this.parts.refresh.replace(this.parts.usable(keys));
  }

  /**
   * Withdraws a key for good. Every process refuses every token that this key signed, as soon as any revocation
   * takes effect. From then on the next key signs. Without a next key, nobody can sign in (503).
   *
   * @throws RevocationError no key of this process has this id; nothing was withdrawn
   * @throws AuthUnavailableException (503) it could not be stored, or nobody knows whether it was
   */
  async withdraw(kid: string, options: WithdrawOptions = {}): Promise<void> {
    const { ring, log, transaction, withdrawn } = this.parts;
    const known = { ...REVOKE_OPTIONS, unknown: true } as const;
    const { reason, actor, unknown } = checkedOptions(options, known);
    if (typeof kid !== 'string' || !isStorable(kid)) {
      throw new InvalidArgumentError(
        'kid: nothing was withdrawn. Give a string of 1 to 255 characters.',
      );
    }
    if (ring.named(kid) === undefined && unknown !== true) {
      throw new InvalidArgumentError(
        'kid: nothing was withdrawn, because no key of this process has this id. Give one that list() returns, or set unknown: true.',
      );
    }
    await transaction.run(
      options,
      function* () {
        yield* log.withdrawKey(kid);
        return yield* log.append({ kind: 'key', ref: kid, reason, actor });
      },
      // Called after the commit, which in a caller's transaction comes after this method returns.
      () => {
        withdrawn.withdrew(kid);
        return { type: 'key_withdrawn', at: new Date(), kid, reason, actor };
      },
    );
  }
}
