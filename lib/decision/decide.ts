import type { AuthState, DeploymentState, PresentState } from './auth-state.js';
import type { Claims } from './claims.js';
import type { Policy } from './policy.js';
import type { Principal } from './principal.js';
import { type DecisionCode, Refusal, weightier } from './refusal.js';

/**
 * The one decision: may the bearer of these claims act, given this state?
 *
 * Pure. Every policy is asked and any refusal wins, so the order of the policies never matters,
 * neither for the outcome nor for the code that is reported.
 */
export function decide(
  policies: readonly Policy[],
  claims: Claims,
  state: AuthState,
): Principal | Refusal<DecisionCode> {
  if (!isPresent(state)) return absent(state);
  let refusal: Refusal<DecisionCode> | undefined = keyWithdrawn(claims, state.deployment);
  for (const policy of policies) refusal = weightier(refusal, judged(policy, claims, state));
  return refusal ?? principal(claims, state);
}

function judged(
  policy: Policy,
  claims: Claims,
  state: PresentState,
): Refusal<DecisionCode> | undefined {
  return claims.adopted === true && policy.judgeAdopted !== undefined
    ? policy.judgeAdopted(claims, state)
    : policy.judge(claims, state);
}

/**
 * The refusal of a token whose key was withdrawn. For tokens that are judged without state of their
 * own subject, too: it needs the deployment's row alone.
 */
export function keyWithdrawn(
  { kid }: Pick<Claims, 'kid'>,
  { withdrawnKeys }: Pick<DeploymentState, 'withdrawnKeys'>,
): Refusal<'token_revoked'> | undefined {
  return kid !== undefined && withdrawnKeys.has(kid) ? new Refusal('token_revoked') : undefined;
}

/** Whether an account answers to the subject. */
export function isPresent(state: AuthState): state is PresentState {
  return state.subject !== null;
}

/** No account answers: either it is gone, or its subject was replaced and the log says so. */
function absent(state: AuthState): Refusal<DecisionCode> {
  const replaced = state.denials.some(
    (denial) => denial.kind === 'subject' && denial.code === 'token_superseded',
  );
  return new Refusal(replaced ? 'token_superseded' : 'account_deleted');
}

function principal(claims: Claims, state: PresentState): Principal {
  return {
    subject: claims.sub,
    userId: state.subject.id,
    roles: state.subject.roles,
    permissions: state.subject.permissions,
    sessionId: claims.sid,
    tokenId: claims.jti,
    claims,
  };
}
