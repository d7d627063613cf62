import { voucherOf } from '../authenticator.js';
import { type AccessRule, hasRequirements, permits } from '../decision/access.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import {
  AuthenticationRefusedException,
  InsufficientRoleException,
} from '../errors/auth.exceptions.js';

/**
 * Holds a principal against what a route asks for, by the role book of the instance that decided it.
 *
 * @throws AuthenticationRefusedException (401) the route asks for something, and nobody is there
 * @throws InsufficientRoleException (403) the principal does not have it
 */
export function enforce(rule: AccessRule, principal: Principal | undefined): void {
  if (!hasRequirements(rule)) return;
  const voucher = voucherOf(principal);
  if (voucher === undefined) {
    throw new AuthenticationRefusedException(new Refusal('token_missing'));
  }
  if (!permits(rule, principal, voucher.roles)) throw new InsufficientRoleException();
}
