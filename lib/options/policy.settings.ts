import { createHash } from 'node:crypto';
import type { AuthModuleOptions } from './auth.options.js';
import {
  type Policy,
  PolicyConfigurationError,
  type PolicyFactory,
  type UserColumns,
} from '../decision/policy.js';
import { RESERVED_CLAIMS } from '../decision/claims.js';
import { accountStatus } from '../decision/policies/account-status.js';
import { createdAt } from '../decision/policies/created-at.js';
import { denylist } from '../decision/policies/denylist.js';
import { issuedAfter } from '../decision/policies/issued-after.js';
import { latestSignIn } from '../decision/policies/latest-sign-in.js';
import { session } from '../decision/policies/session.js';
import { tokenVersion } from '../decision/policies/token-version.js';
import { isStampType } from '../decision/stamps.js';
import { isRecord } from '../validation/records.js';
import { isLateAnswer } from '../validation/synchronous.js';
import { asyncMethods, checkedPolicy } from './checked-policy.js';
import type { Problems } from '../validation/problems.js';

/** The active policies: those listed, or the defaults that the mapped columns allow. */
export function activePolicies(
  problems: Problems,
  given: AuthModuleOptions['policies'],
  user: UserColumns,
): readonly Policy[] {
  const named = given === undefined ? usual(user) : given;
  if (!Array.isArray(named) || named.length === 0) {
    problems.add(
      'policies: without a policy nothing would be revoked. Give a list with at least one, or leave the option out for the defaults.',
    );
    return [];
  }
  const chosen = [...named, ...(user.createdAt === undefined ? [] : [createdAt()])];
  const policies = chosen.flatMap((policy) => made(problems, policy, user) ?? []);
  const names = new Set<string>();
  const stamps = new Set<string>();
  for (const policy of policies) {
    if (names.has(policy.name))
      problems.add(`policies: "${policy.name}" is listed twice. Remove one.`);
    names.add(policy.name);
    for (const stamp of stampNames(problems, policy)) {
      if (RESERVED_CLAIMS.has(stamp))
        problems.add(
          `policies: "${policy.name}" sets the reserved claim "${stamp}". Rename the stamp.`,
        );
      if (stamps.has(stamp))
        problems.add(
          `policies: "${policy.name}" and another policy both set the claim "${stamp}". Rename one.`,
        );
      stamps.add(stamp);
    }
  }
  return policies;
}

/** The claims that a policy sets; each must have a type, so that nothing else is ever compared with it. */
function stampNames(problems: Problems, { name, stamp, stamps }: Policy): readonly string[] {
  if (stamps === undefined) {
    if (stamp !== undefined) {
      problems.add(
        `policies: "${name}" has stamp() but no \`stamps\`. Add \`stamps\`, with the name and type of each claim that stamp() sets.`,
      );
    }
    return [];
  }
  const given: unknown = stamps;
  if (isRecord(given) && Object.values(given).every(isStampType)) return Object.keys(given);
  problems.add(
    `policies: "${name}" has stamps without a type. Write stamps: { name: 'string' }, with 'string', 'integer', 'number' or 'boolean' for each.`,
  );
  return [];
}

function usual(user: UserColumns): readonly PolicyFactory[] {
  return [
    accountStatus(),
    denylist(),
    session(),
    issuedAfter(),
    ...(user.tokenVersion === undefined ? [] : [tokenVersion()]),
    ...(user.latestSignIn === undefined ? [] : [latestSignIn()]),
  ];
}

function made(
  problems: Problems,
  given: Policy | PolicyFactory,
  user: UserColumns,
): Policy | undefined {
  try {
    const policy: unknown = typeof given === 'function' ? given(user) : given;
    if (isPolicy(policy)) {
      const late = asyncMethods(policy);
      if (late.length === 0) return checkedPolicy(policy);
      return problems.add(
        `policies: ${late.map((method) => `${method}()`).join(' and ')} of "${policy.name}" must answer at once, and so cannot be async. Name the columns that it reads in \`columns\`; they are in \`state\`.`,
      );
    }
    if (isLateAnswer(policy)) {
      return problems.add(
        'policies: a function that makes a policy must not be async. Return the policy itself.',
      );
    }
    // `tokenVersion` in place of `tokenVersion()` gives a function, which would refuse nothing.
    return problems.add(
      `policies: ${typeof policy === 'function' ? 'a function that makes a policy was not called' : 'an entry is not a policy'}. Write tokenVersion() with the parentheses, or an object with a name and judge().`,
    );
  } catch (error) {
    if (!(error instanceof PolicyConfigurationError)) throw error;
    return problems.add(`policies: ${error.message}`);
  }
}

function isPolicy(value: unknown): value is Policy {
  if (typeof value !== 'object' || value === null) return false;
  const name: unknown = Reflect.get(value, 'name');
  return (
    typeof name === 'string' && name !== '' && typeof Reflect.get(value, 'judge') === 'function'
  );
}

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
