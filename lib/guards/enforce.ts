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
 * Checks a principal against the requirements of a route, by the role hierarchy of its realm.
 *
 * @throws AuthenticationRefusedException (401) the route has requirements, and there is no principal
 * @throws InsufficientRoleException (403) the principal lacks a role or a permission
 * @throws FreshAuthRequiredException (401) the principal has all of them, and signed in too long ago
 */
export function enforce(rule: AccessRule, principal: Principal | undefined): void {
  if (!hasRequirements(rule)) return;
  const authenticator = authenticatorOf(principal);
  if (authenticator === undefined) {
    throw new AuthenticationRefusedException(new Refusal('token_missing'));
  }
  if (!permits(rule, principal, authenticator.roles)) throw new InsufficientRoleException();
  // Last, so that nobody signs in again for something that they may not do.
  if (principal !== undefined) requireRecent(rule, principal);
}

/**
 * Checks how long ago a principal signed in, by this process's clock, as for the expiry of tokens.
 *
 * @throws FreshAuthRequiredException (401)
 */
export function requireRecent(rule: AccessRule, principal: Principal): void {
  const { maxAuthAge } = rule;
  if (maxAuthAge === undefined || isRecent(rule, principal, Date.now() / 1000)) return;
  throw new FreshAuthRequiredException(maxAuthAge);
}
