import type { DecisionCode } from '../../decision/refusal.js';
import type { KnownSubject } from './overlay.js';
import type { LogView } from './log-view.js';

/** The part of the claims that the log is asked about. */
export interface StandingClaims {
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat_ms: number;
  /** The policy set that stamped the token. */
  readonly pol?: unknown;
  /** The deployment's generation at issue, where `issuedAfter()` is active. */
  readonly gen?: unknown;
}

/** How a token stands towards what a process knows of the log. */
export type Standing =
  /** Nothing changed since it was issued: what it says is so. */
  | { readonly kind: 'stands' }
  /** The log itself denies it. */
  | { readonly kind: 'denied'; readonly code: DecisionCode }
  /** Its subject changed, and this is what it is now. */
  | { readonly kind: 'changed'; readonly known: KnownSubject }
  /** It does not speak for itself, or its subject changed and was not read since. */
  | { readonly kind: 'unknown' };

const STANDS: Standing = { kind: 'stands' };
const UNKNOWN: Standing = { kind: 'unknown' };

/**
 * How far the instants of two statements on the database's clock may be out of order, in
 * milliseconds: a clock that is slewed or stepped a little while a change commits.
 */
export const CLOCK_STEP_MS = 1_000;

/** What must be so for a token to speak for itself at all. */
export interface StandingRules {
  /** The policy set of this process; a token stamped by another one is read. */
  readonly policySet: string;
  /** Whether `issuedAfter()` is active, so that tokens carry a generation. */
  readonly generations: boolean;
}

/** Asks what the log knows of a token. Only on a fresh lease is the answer worth anything. */
export function standingOf(view: LogView, claims: StandingClaims, rules: StandingRules): Standing {
  const code = view.overlay.denialOf(claims);
  if (code !== undefined) return { kind: 'denied', code };
  if (claims.pol !== rules.policySet) return UNKNOWN;
  if (claims.iat_ms < view.coverage + CLOCK_STEP_MS) return UNKNOWN;
  const { deployment } = view;
  if (deployment === undefined) return UNKNOWN;
  if (rules.generations) {
    if (claims.gen !== deployment.generation || claims.iat_ms < deployment.issuedBefore)
      return UNKNOWN;
  }
  if (!view.overlay.hasChanged(claims.sub)) return STANDS;
  const known = view.overlay.known(claims.sub);
  return known === undefined ? UNKNOWN : { kind: 'changed', known };
}
