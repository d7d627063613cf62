import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { AuthStateReader } from '../../lib/freshness/auth-state-reader.js';
import { StrictDecider } from '../../lib/freshness/decider.js';
import { Holds } from '../../lib/freshness/tracked/holds.js';
import { Lease } from '../../lib/freshness/tracked/lease.js';
import type { LogView } from '../../lib/freshness/tracked/log-view.js';
import { TrackedDecider } from '../../lib/freshness/tracked/tracked.decider.js';
import { AuthEvents } from '../../lib/events/auth-events.js';
import { RequestObserver } from '../../lib/events/request-observer.js';
import { RoleBook } from '../../lib/decision/role-book.js';
import { JwtAuthGuard } from '../../lib/guards/jwt-auth.guard.js';
import { RequestAuthenticator } from '../../lib/tokens/request-authenticator.js';
import { POLICY_SET, sampleToken } from './sample-token.js';

/** Nothing is read on the hot path; whatever is, is a fault of the measurement. */
const NO_READER: AuthStateReader = {
  read: () => Promise.reject(new Error('The hot path read something.')),
};

/** The whole guard, over a token that it knows and a subject that did not change. */
export function warmGuard(view: LogView): () => unknown {
  const { token, tokens, settings } = sampleToken('HS256');
  const judging = {
    policies: [],
    subjects: { databaseType: 'integer', isRandom: false, canHold: () => true },
  };
  const lease = new Lease(2 ** 40);
  lease.renew(lease.now(), Date.now());
  const strict = new StrictDecider(judging, NO_READER);
  const guard = new JwtAuthGuard(
    new RequestAuthenticator({
      name: 'jwt',
      settings,
      tokens,
      decider: new TrackedDecider(
        { view, lease, holds: new Holds() },
        { policySet: POLICY_SET, generations: true },
        judging,
        NO_READER,
        strict,
      ),
      strict,
      judging,
      roles: new RoleBook(),
      observer: new RequestObserver(new AuthEvents()),
    }),
  );
  class Controller {
    handler(): void {}
  }
  const { handler } = Controller.prototype;
  const authorization = `Bearer ${token}`;
  return () => {
    // A text of its own, as a request brings it: its hash is not known yet.
    const fresh = Buffer.from(authorization, 'latin1').toString('latin1');
    const request = { headers: { authorization: fresh } };
    return guard.canActivate(new ExecutionContextHost([request], Controller, handler));
  };
}
