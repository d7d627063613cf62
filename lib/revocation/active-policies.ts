import type { Policy } from '../decision/policy.js';
import { RevocationError } from '../errors/auth.errors.js';

const REMEDIES = {
  denylist: 'add denylist() to `policies`',
  session: 'add session() to `policies`',
  tokenVersion: 'map user.tokenVersion and add tokenVersion() to `policies`',
  issuedAfter: 'add issuedAfter() to `policies`',
  subject: 'map user.subject to a text or uuid column that is not the primary key',
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

  /** @throws RevocationError `not_configured` */
  require(policy: Needed): void {
    if (this.has(policy)) return;
    throw new RevocationError(
      'not_configured',
      `Nothing was revoked, because no active policy would enforce it; ${REMEDIES[policy]}.`,
    );
  }
}
