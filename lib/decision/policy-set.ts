import { createHash } from 'node:crypto';
import type { Policy, UserColumns } from './policy.js';

/**
 * A short name for the active policies with the columns they look at, and for where roles and
 * permissions come from. Tokens carry the one they were
 * issued under: in a rolling deploy, a process can tell that a token was stamped by other rules than
 * its own, and reads the state instead of believing it.
 *
 * Two policies that share name, columns and stamps, with their types, are taken for the same: give an own policy that
 * changes its meaning another name.
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
