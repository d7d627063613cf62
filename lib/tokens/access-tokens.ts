import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { decide, isPresent } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal } from '../decision/refusal.js';
import type { AuthStateReader } from '../freshness/auth-state-reader.js';
import type { SubjectCodec } from '../freshness/subject-codec.js';
import { derivedKey } from './derived-key.js';
import type { TokenSettings } from './token-settings.js';
import type { Lifetime, TokenVerifier } from './token-verifier.js';

/** A verified token; with the auth state where that had to be read to verify it. */
export interface Verified {
  readonly claims: Claims;
  readonly state?: AuthState;
}

/** Verifies access tokens under whichever keys this instance uses. */
export class AccessTokens {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly reader: AuthStateReader,
    private readonly policies: readonly Policy[],
    private readonly settings: TokenSettings,
    private readonly subjects: SubjectCodec,
  ) {}

  /** Without derived keys it answers at once and reads nothing. */
  verify(
    token: string,
    lifetime: Lifetime = 'checked',
  ): Verified | Refusal | Promise<Verified | Refusal> {
    if (this.settings.deriveKeyFrom.length > 0) return this.verifyDerived(token, lifetime);
    const claims = this.verifier.verify(token, undefined, lifetime);
    return claims instanceof Refusal ? claims : { claims };
  }

  /**
   * The user's own key needs the user's row, so the state is read on the word of a token that is not
   * verified yet. Nothing else is done on it; and the ids are those of the token that is verified in
   * the end, because they are read from the same text.
   */
  private async verifyDerived(token: string, lifetime: Lifetime): Promise<Verified | Refusal> {
    const peeked = this.verifier.peek(token);
    if (peeked instanceof Refusal) return peeked;
    const keyed = await this.derivedKeyFor(peeked);
    if (keyed instanceof Refusal) return keyed;
    const claims = this.verifier.verify(token, keyed.key, lifetime);
    return claims instanceof Refusal ? claims : { claims, state: keyed.state };
  }

  /** The key of the subject that a token names, with the state it was read in. */
  async derivedKeyFor(peeked: Claims): Promise<{ key: Buffer; state: AuthState } | Refusal> {
    // Anybody can write a subject; one that the column cannot hold would fail the statement for all
    // who share it.
    if (!this.subjects.canHold(peeked.sub)) return new Refusal('account_deleted');
    const state = await this.reader.read(peeked);
    if (isPresent(state)) {
      return {
        key: derivedKey(this.settings.sign, this.settings.deriveKeyFrom, state.subject),
        state,
      };
    }
    const refusal = decide(this.policies, peeked, state);
    return refusal instanceof Refusal ? refusal : new Refusal('account_deleted');
  }
}
