import { REFRESH_MESSAGES } from '../decision/refusal-messages.js';
import { Refusal } from '../decision/refusal.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import type { Difference } from './client-info.js';
import type { RefreshToken } from './refresh-token.js';
import type { SessionRow } from './session-row.js';

/** How a refresh ended. `row` is the session as it was before. */
export type RefreshOutcome = Refreshed | Reused | Refused;

/** The token was accepted. */
export interface Refreshed {
  /** `retried`: the token was used before, and the answer is the same successor again. */
  readonly kind: 'rotated' | 'retried';
  readonly token: IssuedToken;
  readonly refresh: RefreshToken;
  /** When the session ends if it is not refreshed again. */
  readonly idleExpiresAt: number;
  readonly row: SessionRow;
  readonly differs: readonly Difference[];
}

/** A used refresh token came back. */
export interface Reused {
  readonly kind: 'reused';
  /**
   * `after_leeway`: the token before the current one, later than the leeway allows; `successor_used`: an
   * older one, whose successor was used too.
   */
  readonly replay: 'after_leeway' | 'successor_used';
  readonly row: SessionRow;
  readonly differs: readonly Difference[];
}

/** Nothing was rotated. */
export interface Refused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
  readonly row?: SessionRow;
}

export function refused(code: keyof typeof REFRESH_MESSAGES, row?: SessionRow): Refused {
  return {
    kind: 'refused',
    refusal: new Refusal(code, REFRESH_MESSAGES[code]),
    ...(row && { row }),
  };
}
