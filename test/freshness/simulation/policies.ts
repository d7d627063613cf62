/** Two sets of policies that are deployed side by side: the newer one also looks at the status. */
import type { Policy } from '../../../lib/decision/policy.js';
import { accountStatus } from '../../../lib/decision/policies/account-status.js';
import { denylist } from '../../../lib/decision/policies/denylist.js';
import { issuedAfter } from '../../../lib/decision/policies/issued-after.js';
import { session } from '../../../lib/decision/policies/session.js';
import { tokenVersion } from '../../../lib/decision/policies/token-version.js';

export interface PolicySet {
  readonly name: 'p' | 'q';
  readonly policies: readonly Policy[];
  /** How long its tokens live, in milliseconds. */
  readonly life: number;
}

const columns = {
  id: 'id',
  subject: 'id',
  tokenVersion: 'version',
  status: 'status',
  activeStatuses: ['active'],
  suspendedStatuses: [],
};
const older = [tokenVersion(), issuedAfter(), denylist(), session()];
const made = (factories: typeof older) => factories.map((factory) => factory(columns));

export const OLDER: PolicySet = { name: 'q', policies: made(older), life: 5_000 };
export const NEWER: PolicySet = {
  name: 'p',
  policies: made([...older, accountStatus()]),
  life: 10_000,
};
export const SETS = [OLDER, NEWER];
