import type { Principal } from './principal.js';
import type { RoleBook } from './role-book.js';

/** Who may come in at one route. */
export interface AccessRule {
  /**
   * `authenticated`: only with an accepted token. `optional`: also without one. `public`: the token
   * is not looked at.
   */
  readonly mode: 'authenticated' | 'public' | 'optional';
  /** At least one of these roles; none named: no such requirement. */
  readonly anyRole: readonly string[];
  /** Each of these roles. */
  readonly allRoles: readonly string[];
  /** Each of these permissions. */
  readonly permissions: readonly string[];
  /** `strict`: decided on state read after the request arrived; otherwise as the instance's mode has it. */
  readonly freshness?: 'strict';
}

/** Whether the rule asks for roles or permissions, beyond being authenticated. */
export function hasRequirements(rule: AccessRule): boolean {
  return rule.anyRole.length > 0 || rule.allRoles.length > 0 || rule.permissions.length > 0;
}

/**
 * May this principal come in? All requirements must hold.
 *
 * Nobody, `undefined`, may come in only where the rule is open and asks for nothing: an open mode
 * does not lift a requirement that stands beside it.
 */
export function permits(
  rule: AccessRule,
  principal: Principal | undefined,
  book: RoleBook,
): boolean {
  if (principal === undefined) return rule.mode !== 'authenticated' && !hasRequirements(rule);
  return (
    (rule.anyRole.length === 0 || rule.anyRole.some((role) => book.holds(principal, role))) &&
    rule.allRoles.every((role) => book.holds(principal, role)) &&
    rule.permissions.every((permission) => book.can(principal, permission))
  );
}
