import { denied, isIssuedFrom } from '../denied.js';
import type { PolicyFactory } from '../policy.js';
import { Refusal, refusalToReport } from '../refusal.js';

/**
 * Refuses tokens that were issued before a cut-off, for one user or for all.
 *
 * A time that the caller gives is compared in milliseconds of the database's clock. "Everything until now" is not
 * a time but a generation, compared for equality: a time read before the revocation commits would spare a token
 * that is issued in between.
 *
 * Stamps `gen`. Refuses with `token_revoked`.
 */
export function issuedAfter(): PolicyFactory {
  return () => ({
    name: 'issuedAfter',
    stamps: { gen: 'string' },
    denies: 'subject',
    stamp: ({ deployment }) => ({ gen: deployment.generation }),
    judge: (claims, state) => {
      const { generation, issuedBefore } = state.deployment;
      const current = claims['gen'] === generation && isIssuedFrom(claims, issuedBefore);
      return refusalToReport(
        current ? undefined : new Refusal('token_revoked'),
        denied('subject', claims.sub, claims, state),
      );
    },
    // Adopted tokens have no generation. For them, ending everything until now also sets a cut-off.
    judgeAdopted: (claims, state) =>
      refusalToReport(
        isIssuedFrom(claims, state.deployment.issuedBefore)
          ? undefined
          : new Refusal('token_revoked'),
        denied('subject', claims.sub, claims, state),
      ),
  });
}
