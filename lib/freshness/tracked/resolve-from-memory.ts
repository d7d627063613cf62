import type { AuthState, Denial } from '../../decision/auth-state.js';
import type { Claims } from '../../decision/claims.js';
import { keyWithdrawn } from '../../decision/decide.js';
import type { DecisionCode } from '../../decision/refusal.js';
import { CLOCK_STEP_MS } from '../../decision/time-margins.js';
import type { LogView } from './log-view.js';

/** The claims that are compared with the log. */
export type ResolvableClaims = Pick<Claims, 'sub' | 'sid' | 'jti' | 'kid' | 'iat_ms' | 'exp'> & {
  /** The claims may describe state that was never committed. */
  readonly provisional?: true | undefined;
  /** The policy set that stamped the token. */
  readonly pol?: unknown;
  /** The deployment's generation at issue, if `issuedAfter()` is active. */
  readonly gen?: unknown;
};

/** What memory knows of the state behind a token. */
export type Resolution =
  /** Nothing has changed since the token was issued: its claims are the current state. */
  | 'as issued'
  /** The current state, which the token's claims are not. */
  | AuthState
  /** Memory does not know; the state has to be read. */
  | undefined;

/** The conditions under which a token's claims can be the current state at all. */
export interface ResolutionRules {
  /** The policy set of this process. For tokens that another policy set stamped, the state is read. */
  readonly policySet: string;
  /** Whether `issuedAfter()` is active, so that tokens carry a generation. */
  readonly generations: boolean;
}

/**
 * Finds the state behind a token in memory. The answer is valid only while the lease is fresh.
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
  const hasGeneration = !rules.generations || claims.gen === page.deployment.generation;
  // Another generation may be newer: the sign-in came after a revokeAll() that this process has not read yet. It is
  // older if the token is clearly older than the page.
  if (!hasGeneration && claims.iat_ms + CLOCK_STEP_MS >= page.startedAt) return undefined;
  const isCovered =
    hasGeneration &&
    claims.pol === rules.policySet &&
    // Issued in a transaction that may have been rolled back since: no row of the log would say so.
    claims.provisional !== true &&
    // If the state ends at a known time (the account is valid until then), `exp` is not later. The verifier's
    // tolerance beyond `exp` is for the clocks of other machines. Here the clock is the database's own.
    now < claims.exp * 1000 &&
    keyWithdrawn(claims, page.deployment) === undefined &&
    claims.iat_ms >= view.coverage + CLOCK_STEP_MS &&
    (!rules.generations || claims.iat_ms >= page.deployment.issuedBefore);
  const changed = overlay.versionOf(claims.sub) !== undefined;
  const token = overlay.tokenDenial(claims.jti);
  const session = overlay.sessionDenial(claims.sid);
  if (isCovered && !changed && token === undefined && session === undefined) return 'as issued';

  const cached =
    (isCovered ? stateCache.ofSubject(claims.sub) : undefined) ?? stateCache.ofToken(claims);
  // A token that was issued after the cached read may carry a change that this process has not read yet.
  if (cached === undefined || claims.iat_ms >= cached.at) return undefined;
  const denials: Denial[] = [...cached.denials];
  const deny = (kind: Denial['kind'], ref: string, code: DecisionCode | undefined) => {
    if (code !== undefined) denials.push({ kind, ref, code, issuedBefore: null });
  };
  deny('token', claims.jti, token);
  deny('session', claims.sid, session);
  return { now, subject: cached.subject, denials, deployment: page.deployment };
}
