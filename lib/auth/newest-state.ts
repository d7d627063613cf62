import type { Work } from '../database/database.js';
import type { AuthState, DeploymentState, Lookup, SubjectState } from '../decision/auth-state.js';
import type { StateQuery } from '../freshness/state-query.js';

/**
 * The newest state, read inside of a caller's transaction: what was committed last, or what that transaction has
 * written itself. It holds the account's lock until the transaction ends.
 *
 * A plain read is not enough. In REPEATABLE READ, the default of MySQL and MariaDB, it goes on showing
 * what was committed when the transaction began. Reads on another connection do not show the transaction's own
 * changes. So each part of the state is taken from where it is newest:
 *
 * - Columns of the account: from a locking read. It shows the newest version, the transaction's own included, and
 *   nobody else can change it from then on. On PostgreSQL in REPEATABLE READ and SERIALIZABLE it fails if the
 *   snapshot is older than the row (40001). On SQLite a snapshot that is too old fails at the write that follows.
 * - Roles from other tables: what both reads agree on. The token gets no role that others have removed, and none
 *   that is not committed. Decisions read the roles again in any case.
 * - Denials: of both reads.
 * - The deployment's row: if both reads agree, that one. Otherwise from a locking read, as above. It is not
 *   locked without need, because `revokeAll()` would have to wait for the end of the transaction.
 *
 * The order matters. The locking read shows what was committed before it. The read that follows the clock shows what
 * was committed to other tables before the clock. So a change that this state lacks is committed after `now`. As
 * with a sign-in outside of a transaction, it has a row in the log, or its stamp differs.
 *
 * @param id the account's primary key
 */
export function* newestState(query: StateQuery, lookup: Lookup, id: string): Work<AuthState> {
  const account = yield* query.lock(id);
  const own = yield* query.work(lookup);
  const committed = yield* query.committed(lookup);
  const denials = [...own.denials, ...committed.denials];
  const deployment = isSame(own.deployment, committed.deployment)
    ? own.deployment
    : yield* query.lockDeployment();
  // The entity's subject is not that of the account with its id: it was replaced, or the entity was made up.
  if (account?.subject !== lookup.sub) return { ...own, subject: null, denials, deployment };
  const seen = [own.subject, committed.subject].filter((subject) => subject !== null);
  const roles = query.hasRolesElsewhere ? agreed(account, seen) : account.roles;
  return { now: own.now, subject: { ...account, roles }, denials, deployment };
}

/** An account that only one of the reads shows is the transaction's own, or newer than its snapshot. */
function agreed(account: SubjectState, seen: readonly SubjectState[]): readonly string[] {
  const [first = account, ...others] = seen;
  return first.roles.filter((role) => others.every(({ roles }) => roles.includes(role)));
}

function isSame(a: DeploymentState, b: DeploymentState): boolean {
  return (
    a.generation === b.generation &&
    a.issuedBefore === b.issuedBefore &&
    a.withdrawnKeys.size === b.withdrawnKeys.size
  );
}
