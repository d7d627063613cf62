import { authenticatorOf } from '../transport/branded-principal.js';
import { type AccessRule, hasRequirements, isRecent, permits } from '../decision/access.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import {
  AuthenticationRefusedException,
  FreshAuthRequiredException,
  InsufficientRoleException,
} from '../errors/auth.exceptions.js';

/**
 * Holds a principal against what a route asks for, by the role hierarchy of the realm that decided it.
 *
 * @throws AuthenticationRefusedException (401) the route asks for something, and nobody is there
 * @throws InsufficientRoleException (403) the principal does not have it
 * @throws FreshAuthRequiredException (401) they do, and proved who they are too long ago
 */
export function enforce(rule: AccessRule, principal: Principal | undefined): void {
  if (!hasRequirements(rule)) return;
  const voucher = authenticatorOf(principal);
  if (voucher === undefined) {
    throw new AuthenticationRefusedException(new Refusal('token_missing'));
  }
  if (!permits(rule, principal, voucher.roles)) throw new InsufficientRoleException();
  // Last: nobody is to sign in again for what they may not do anyway.
  if (principal !== undefined) requireRecent(rule, principal);
}

/**
 * Holds the time of a principal's sign-in against what a route asks for. By this process's clock, as
 * the expiry of tokens.
 *
 * @throws FreshAuthRequiredException (401)
 */
export function requireRecent(rule: AccessRule, principal: Principal): void {
  const { maxAuthAge } = rule;
  if (maxAuthAge === undefined || isRecent(rule, principal, Date.now() / 1000)) return;
  throw new FreshAuthRequiredException(maxAuthAge);
}
