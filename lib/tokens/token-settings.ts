import type { TokenLocation } from './jwt.options.js';
import type { Adoption } from './adoption.js';
import type { CustomClaims } from './custom-claims.js';
import type { KeySource } from './keys/key-material.js';

/** How this instance signs, verifies and carries its tokens; validated at boot. */
export interface TokenSettings {
  readonly keys: KeySource;
  /** Milliseconds between two times that keys are loaded anew, where they can change. */
  readonly reloadKeysMs: number;
  readonly issuer: string;
  readonly audience: string;
  readonly lifeSeconds: number;
  /** The longest life that is accepted. */
  readonly longestLifeSeconds: number;
  /** Claims of the application's own. */
  readonly claims: CustomClaims | undefined;
  readonly toleranceSeconds: number;
  readonly from: TokenLocation;
  /** Tokens from before this library came; `undefined`: they are refused. */
  readonly adoption?: Adoption | undefined;
  /** Until when those are accepted, in milliseconds. */
  readonly adoptsUntilMs?: number | undefined;
  /** Properties of the user entity behind each user's own key; empty: one key for all. */
  readonly deriveKeyFrom: readonly string[];
  readonly renewal: RenewalSettings | undefined;
  /** How many verified tokens are remembered; `undefined`: none. */
  readonly verifiedTokens: VerifiedTokenLimits | undefined;
}

/** What verified tokens may take of the memory. */
export interface VerifiedTokenLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** Short life with renewal; validated at boot. */
export interface RenewalSettings {
  /** Share of a token's life after which a request renews it. */
  readonly after: number;
  /** How long after the sign-in a token is renewed, in seconds; no renewed token outlives it. */
  readonly maxAgeSeconds: number;
  readonly header: string;
}
