import { createHash } from 'node:crypto';
import type { Policy, UserColumns } from '../decision/policy.js';

/**
 * A short name for the active policies, the columns they look at, and the source of roles and permissions.
 * Each token carries the name it was issued under. In a rolling deployment, a process can then tell that
 * other rules stamped a token, and reads the state instead of trusting the stamps.
 *
 * Two policies with the same name, columns and typed stamps count as the same policy: give a policy of your
 * own another name when you change what it means.
 */
export function policySetOf(
  policies: readonly Policy[],
  user: UserColumns & { readonly roles?: unknown; readonly permissions?: string },
): string {
  const described = policies
    .map(({ name, columns = [], stamps = {}, denies }) =>
      JSON.stringify([name, [...columns].sort(), sorted(stamps), denies ?? null]),
    )
    .sort();
  return createHash('sha256')
    .update(JSON.stringify([described, sorted(user)]))
    .digest('base64url')
    .slice(0, 16);
}

/** The members of an object, whatever the order in which they were written. */
function sorted(object: object): readonly (readonly [string, unknown])[] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}
