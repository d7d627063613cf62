import type { Denial, PresentState } from './auth-state.js';
import type { Claims } from './claims.js';
import { type DecisionCode, Refusal, refusalToReport } from './refusal.js';

/** The refusal of a token by those denials of one kind that name this reference. */
export function denied(
  kind: Denial['kind'],
  ref: string,
  claims: Claims,
  state: PresentState,
): Refusal<DecisionCode> | undefined {
  let refusal: Refusal<DecisionCode> | undefined;
  for (const denial of state.denials) {
    if (denial.kind !== kind || denial.ref !== ref) continue;
    if (denial.issuedBefore !== null && isIssuedFrom(claims, denial.issuedBefore)) continue;
    refusal = refusalToReport(refusal, new Refusal(denial.code));
  }
  return refusal;
}

/**
 * Whether the token was issued at or after an instant (milliseconds), by the database's clock.
 * False for an issue instant that cannot be compared.
 */
export function isIssuedFrom(claims: Claims, instant: number): boolean {
  return claims.iat_ms >= instant;
}
