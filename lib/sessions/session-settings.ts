/** How sessions behave; validated at boot. All lengths of time in milliseconds. */
export interface SessionSettings {
  readonly idleMs: number;
  readonly maxMs: number;
  /** How long a refresh token that was just used is answered with its successor. */
  readonly leewayMs: number;
  readonly lastSeenMs: number;
  /** How long ended sessions are kept. */
  readonly retentionMs: number;
  readonly limit: SessionLimit;
}

/** How many sessions a user may have at once. */
export type SessionLimit =
  | { readonly kind: 'unlimited' }
  /** A further sign-in ends the oldest. */
  | { readonly kind: 'newest'; readonly count: number }
  /** A further sign-in is refused. */
  | { readonly kind: 'refuse'; readonly count: number }
  /** A sign-in ends those with the same device label. */
  | { readonly kind: 'device' };
