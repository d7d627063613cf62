import { NotConfiguredError } from '../errors/revocation.errors.js';
import type { Policy } from '../decision/policy.js';

const REMEDIES = {
  denylist: 'Add denylist() to `policies`',
  session: 'Add session() to `policies`',
  tokenVersion: 'Map user.tokenVersion and add tokenVersion() to `policies`',
  issuedAfter: 'Add issuedAfter() to `policies`',
  subject: 'Map user.subject to a text or uuid column that is not the primary key',
} as const;

/** A policy that a revocation relies on; `subject` is the comparison of the token's subject. */
type Needed = keyof typeof REMEDIES;

/** Which policies are active: a revocation that no policy enforces must not seem to succeed. */
export class ActivePolicies {
  private readonly names: ReadonlySet<string>;

  constructor(policies: readonly Policy[], subjectIsReplaceable: boolean) {
    this.names = new Set([
      ...policies.map(({ name }) => name),
      ...(subjectIsReplaceable ? ['subject'] : []),
    ]);
  }

  has(policy: Needed): boolean {
    return this.names.has(policy);
  }

  /** @throws NotConfiguredError */
  require(policy: Needed): void {
    if (this.has(policy)) return;
    throw new NotConfiguredError(
      `No active policy would enforce this revocation, so it was not stored. ${REMEDIES[policy]}.`,
    );
  }
}
