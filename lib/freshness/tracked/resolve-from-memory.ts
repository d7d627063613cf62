import type { AuthState, Denial } from '../../decision/auth-state.js';
import type { Claims } from '../../decision/claims.js';
import { keyWithdrawn } from '../../decision/decide.js';
import type { DecisionCode } from '../../decision/refusal.js';
import type { LogView } from './log-view.js';
import { CLOCK_STEP_MS } from '../../decision/time-margins.js';

/** The part of the claims that the log is asked about. */
export type ResolvableClaims = Pick<Claims, 'sub' | 'sid' | 'jti' | 'kid' | 'iat_ms' | 'exp'> & {
  /** The policy set that stamped the token. */
  readonly pol?: unknown;
  /** The deployment's generation at issue, where `issuedAfter()` is active. */
  readonly gen?: unknown;
};

/** How a token stands towards what a process knows of the log. */
export type Resolution =
  /** Nothing changed since it was issued: what it says is so. */
  | 'as issued'
  /** It does not speak for itself, and this is what holds for it now. */
  | AuthState
  /** That has to be read. */
  | undefined;

/** What must be so for a token to speak for itself at all. */
export interface ResolutionRules {
  /** The policy set of this process; a token stamped by another one is read. */
  readonly policySet: string;
  /** Whether `issuedAfter()` is active, so that tokens carry a generation. */
  readonly generations: boolean;
}

/**
 * Asks what the log knows of a token. Only on a fresh lease is the answer worth anything.
 *
 * @param now the present instant by the database's clock, in milliseconds
 */
export function resolveFromMemory(
  view: LogView,
  claims: ResolvableClaims,
  rules: ResolutionRules,
  now: number,
): Resolution {
  const { page, overlay, stateCache } = view;
  if (page === undefined) return undefined;
  const isOfNow = !rules.generations || claims.gen === page.deployment.generation;
  // Another generation may be a newer one: of a sign-in after a revokeAll() that this process has not
  // read of yet. It is an older one if the token is clearly older than the page.
  if (!isOfNow && claims.iat_ms + CLOCK_STEP_MS >= page.startedAt) return undefined;
  const speaks =
    isOfNow &&
    claims.pol === rules.policySet &&
    // Where state ends at a time that is known (an account that is valid until then), so does `exp`. What
    // the verifier tolerates beyond it is for clocks of other machines; this is the database's own.
    now < claims.exp * 1000 &&
    keyWithdrawn(claims, page.deployment) === undefined &&
    claims.iat_ms >= view.coverage + CLOCK_STEP_MS &&
    (!rules.generations || claims.iat_ms >= page.deployment.issuedBefore);
  const changed = overlay.versionOf(claims.sub) !== undefined;
  const token = overlay.tokenDenial(claims.jti);
  const session = overlay.sessionDenial(claims.sid);
  if (speaks && !changed && token === undefined && session === undefined) return 'as issued';

  const reading =
    (speaks ? stateCache.ofSubject(claims.sub) : undefined) ?? stateCache.ofToken(claims);
  // A token from after the reading may carry a change that this process has not read of yet.
  if (reading === undefined || claims.iat_ms >= reading.at) return undefined;
  const denials: Denial[] = [...reading.denials];
  const deny = (kind: Denial['kind'], ref: string, code: DecisionCode | undefined) => {
    if (code !== undefined) denials.push({ kind, ref, code, issuedBefore: null });
  };
  deny('token', claims.jti, token);
  deny('session', claims.sid, session);
  return { now, subject: reading.subject, denials, deployment: page.deployment };
}
