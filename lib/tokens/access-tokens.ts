import type { AuthState } from '../decision/auth-state.js';
import { decide, isPresent } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal } from '../decision/refusal.js';
import type { AuthStateReader } from '../decision/auth-state-reader.js';
import type { SubjectCodec } from '../users/subject-codec.js';
import { derivedKey } from './derived-key.js';
import type { KeyRefresh } from './keys/key-refresh.js';
import type { RingKey } from './keys/key-ring.js';
import type { TokenSettings } from './token-settings.js';
import type { Lifetime, TokenVerifier } from './token-verifier.js';
import type { KnownToken, VerifiedTokens } from './verified-tokens.js';

/** A verified token; with the auth state where that had to be read to verify it. */
export interface Verified extends KnownToken {
  readonly state?: AuthState;
}

/** Verifies access tokens under whichever keys this instance uses. */
export class AccessTokens {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly refresh: KeyRefresh,
    private readonly reader: AuthStateReader,
    private readonly policies: readonly Policy[],
    private readonly settings: TokenSettings,
    private readonly subjects: SubjectCodec,
    /** Those that were verified before; absent where each is verified at each use. */
    private readonly known: VerifiedTokens | undefined,
  ) {}

  /**
   * Without derived keys it answers at once and reads nothing, unless the token's key is not known yet.
   * The signature of a token seen before is not checked again.
   */
  verify(
    token: string,
    lifetime: Lifetime = 'checked',
  ): Verified | Refusal | Promise<Verified | Refusal> {
    // Whoever calls from JavaScript may pass anything; what is no text is malformed.
    const known = typeof token === 'string' ? this.known?.get(token) : undefined;
    if (known !== undefined) return this.verifier.untimely(known.claims, lifetime) ?? known;
    const key = this.verifier.keyOf(token);
    if (key instanceof Refusal) return key;
    return 'unknownKid' in key
      ? this.verifyUnknown(token, lifetime)
      : this.verifyBy(key, token, lifetime);
  }

  private verifyBy(
    key: RingKey,
    token: string,
    lifetime: Lifetime,
  ): Verified | Refusal | Promise<Verified | Refusal> {
    if (this.settings.deriveKeyFrom.length > 0) return this.verifyDerived(key, token, lifetime);
    const claims = this.verifier.verify(token, key, undefined, lifetime);
    if (claims instanceof Refusal) return claims;
    const verified: Verified = { claims };
    // One that was let through although it may have expired is of no more use.
    if (lifetime === 'checked') this.known?.add(token, verified);
    return verified;
  }

  /** Its key may be newer than this process's ring: whoever rotates first signs with it at once. */
  private async verifyUnknown(token: string, lifetime: Lifetime): Promise<Verified | Refusal> {
    await this.refresh.forUnknownKey();
    const key = this.verifier.keyOf(token);
    if (key instanceof Refusal) return key;
    return 'unknownKid' in key ? new Refusal('token_invalid') : this.verifyBy(key, token, lifetime);
  }

  /**
   * The user's own key needs the user's row, so the state is read on the word of a token that is not
   * verified yet. Nothing else is done on it; and the ids are those of the token that is verified in
   * the end, because they are read from the same text.
   */
  private async verifyDerived(
    key: RingKey,
    token: string,
    lifetime: Lifetime,
  ): Promise<Verified | Refusal> {
    const peeked = this.verifier.peek(token, key, lifetime);
    if (peeked instanceof Refusal) return peeked;
    // Anybody can write a subject; one that the column cannot hold would fail the statement for all
    // who share it.
    if (!this.subjects.canHold(peeked.sub)) return new Refusal('account_deleted');
    const state = await this.reader.read(peeked);
    if (!isPresent(state)) {
      const refusal = decide(this.policies, peeked, state);
      return refusal instanceof Refusal ? refusal : new Refusal('account_deleted');
    }
    const own = derivedKey(key.verify, this.settings.deriveKeyFrom, state.subject);
    const claims = this.verifier.verify(token, key, own, lifetime);
    return claims instanceof Refusal ? claims : { claims, state };
  }
}
