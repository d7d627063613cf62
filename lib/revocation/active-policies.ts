import type { Policy } from '../decision/policy.js';
import { RevocationError } from '../errors/auth.errors.js';

/** A technique that a revocation relies on. */
export type Technique = 'denylist' | 'session' | 'tokenVersion' | 'issuedAfter' | 'subject';

const REMEDIES: Readonly<Record<Technique, string>> = {
  denylist: 'add denylist() to `policies`',
  session: 'add session() to `policies`',
  tokenVersion: 'map user.tokenVersion and add tokenVersion() to `policies`',
  issuedAfter: 'add issuedAfter() to `policies`',
  subject: 'map user.subject to a text or uuid column of its own',
};

/** Which techniques are in force: a revocation that no policy would judge must not seem to succeed. */
export class ActivePolicies {
  private readonly active: ReadonlySet<string>;

  constructor(policies: readonly Policy[], subjectIsReplaceable: boolean) {
    this.active = new Set([
      ...policies.map(({ name }) => name),
      ...(subjectIsReplaceable ? ['subject'] : []),
    ]);
  }

  has(technique: Technique): boolean {
    return this.active.has(technique);
  }

  /** @throws RevocationError `not_configured` */
  require(technique: Technique): void {
    if (this.has(technique)) return;
    throw new RevocationError(
      'not_configured',
      `Nothing was revoked, because no active policy would refuse it: ${REMEDIES[technique]}.`,
    );
  }
}
