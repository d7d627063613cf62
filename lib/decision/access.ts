import type { Principal } from './principal.js';
import type { RoleHierarchy } from './role-hierarchy.js';

/** What one route requires. */
export interface AccessRule {
  /**
   * `authenticated`: an accepted token is required. `optional`: no token is accepted too. `public`: the token is
   * not read.
   */
  readonly mode: 'authenticated' | 'public' | 'optional';
  /** At least one of these roles; empty: no such requirement. */
  readonly anyRole: readonly string[];
  /** Each of these roles. */
  readonly allRoles: readonly string[];
  /** Each of these permissions. */
  readonly permissions: readonly string[];
  /** How many seconds ago the user may have signed in; absent: any time. */
  readonly maxAuthAge?: number;
  /** `strict`: the decision uses state that is read after the request arrived. Absent: as `freshness.mode` says. */
  readonly freshness?: 'strict';
}

/** Whether the rule requires more than an accepted token. */
export function hasRequirements(rule: AccessRule): boolean {
  return asksForRoles(rule) || rule.maxAuthAge !== undefined;
}

/** Whether the rule requires roles or permissions. */
export function asksForRoles(rule: AccessRule): boolean {
  return rule.anyRole.length > 0 || rule.allRoles.length > 0 || rule.permissions.length > 0;
}

/** Whether the user signed in as recently as the rule requires (RFC 9470 §4, `max_age`). */
export function isRecent(rule: AccessRule, { claims }: Principal, nowSeconds: number): boolean {
  return rule.maxAuthAge === undefined || nowSeconds - claims.auth_time <= rule.maxAuthAge;
}

/**
 * Whether this principal has the roles and permissions that the rule requires.
 *
 * `undefined`, a request without a principal, passes only when the rule is open and requires no roles or
 * permissions: an open mode does not lift such a requirement.
 */
export function permits(
  rule: AccessRule,
  principal: Principal | undefined,
  hierarchy: RoleHierarchy,
): boolean {
  if (principal === undefined) return rule.mode !== 'authenticated' && !hasRequirements(rule);
  return (
    (rule.anyRole.length === 0 || rule.anyRole.some((role) => hierarchy.holds(principal, role))) &&
    rule.allRoles.every((role) => hierarchy.holds(principal, role)) &&
    rule.permissions.every((permission) => hierarchy.can(principal, permission))
  );
}
