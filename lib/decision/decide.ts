import type { AuthState, DeploymentState, PresentState } from './auth-state.js';
import type { Claims } from './claims.js';
import type { Policy } from './policy.js';
import { type Principal, principalOf } from './principal.js';
import { type DecisionCode, Refusal, refusalToReport } from './refusal.js';

/**
 * The decision: does a token with these claims count, given this state?
 *
 * Pure. Every policy is asked, and any refusal wins. So the order of the policies changes neither the outcome nor
 * the reported code.
 */
export function decide(
  policies: readonly Policy[],
  claims: Claims,
  state: AuthState,
): Principal | Refusal<DecisionCode> {
  if (!isPresent(state)) return absent(state);
  let refusal: Refusal<DecisionCode> | undefined = keyWithdrawn(claims, state.deployment);
  for (const policy of policies) refusal = refusalToReport(refusal, judged(policy, claims, state));
  const { id, roles, permissions } = state.subject;
  return refusal ?? principalOf(claims, id, roles, permissions);
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
 * The refusal of a token whose key was withdrawn. It needs only the deployment's row, and so also works for a token
 * whose account was not read.
 */
export function keyWithdrawn(
  { kid }: Pick<Claims, 'kid'>,
  { withdrawnKeys }: Pick<DeploymentState, 'withdrawnKeys'>,
): Refusal<'token_revoked'> | undefined {
  return kid !== undefined && withdrawnKeys.has(kid) ? new Refusal('token_revoked') : undefined;
}

/** Whether there is an account with the subject. */
export function isPresent(state: AuthState): state is PresentState {
  return state.subject !== null;
}

/** There is no account: it was deleted, or the log says that its subject was replaced. */
function absent(state: AuthState): Refusal<DecisionCode> {
  const replaced = state.denials.some(
    (denial) => denial.kind === 'subject' && denial.code === 'token_superseded',
  );
  return new Refusal(replaced ? 'token_superseded' : 'account_deleted');
}
