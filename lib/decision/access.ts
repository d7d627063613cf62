import type { Principal } from './principal.js';
import type { RoleHierarchy } from './role-hierarchy.js';

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
  /** How long ago, in seconds, the user may have proved who they are; left out: any time. */
  readonly maxAuthAge?: number;
  /** `strict`: decided on state read after the request arrived; otherwise as the instance's mode has it. */
  readonly freshness?: 'strict';
}

/** Whether the rule asks for anything beyond being authenticated. */
export function hasRequirements(rule: AccessRule): boolean {
  return asksForRoles(rule) || rule.maxAuthAge !== undefined;
}

/** Whether the rule asks for roles or permissions. */
export function asksForRoles(rule: AccessRule): boolean {
  return rule.anyRole.length > 0 || rule.allRoles.length > 0 || rule.permissions.length > 0;
}

/** Whether the user proved who they are as recently as the rule asks (RFC 9470 §4, `max_age`). */
export function isRecent(rule: AccessRule, { claims }: Principal, nowSeconds: number): boolean {
  return rule.maxAuthAge === undefined || nowSeconds - claims.auth_time <= rule.maxAuthAge;
}

/**
 * May this principal come in, by what they are? All roles and permissions must be theirs.
 *
 * Nobody, `undefined`, may come in only where the rule is open and asks for nothing: an open mode
 * does not lift a requirement that stands beside it.
 */
export function permits(
  rule: AccessRule,
  principal: Principal | undefined,
  book: RoleHierarchy,
): boolean {
  if (principal === undefined) return rule.mode !== 'authenticated' && !hasRequirements(rule);
  return (
    (rule.anyRole.length === 0 || rule.anyRole.some((role) => book.holds(principal, role))) &&
    rule.allRoles.every((role) => book.holds(principal, role)) &&
    rule.permissions.every((permission) => book.can(principal, permission))
  );
}
