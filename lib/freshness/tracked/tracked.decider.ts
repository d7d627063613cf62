import type { Claims } from '../../decision/claims.js';
import type { Principal } from '../../decision/principal.js';
import { type Decider, judge, type DecisionContext, type Outcome } from '../decider.js';
import type { PendingRevocations } from './pending-revocations.js';
import type { Lease } from './lease.js';
import type { LogView } from './log-view.js';
import { type ResolutionRules, resolveFromMemory } from './resolve-from-memory.js';

/** What a process knows, and how long it may trust it. */
export interface Memory {
  readonly view: LogView;
  readonly lease: Lease;
  readonly pending: PendingRevocations;
}

/**
 * Tracked freshness: a token was true when it was issued, so what it says and what changed since is
 * the state of now. Nothing is read of a subject that did not change.
 *
 * Whatever memory cannot answer is read: beyond the lease, before coverage, under a revocation that is
 * not committed yet, and of a changed subject that was not read since.
 */
export class TrackedDecider implements Decider {
  constructor(
    private readonly memory: Memory,
    private readonly rules: ResolutionRules,
    private readonly context: DecisionContext,
    private readonly strict: Decider,
  ) {}

  decide(claims: Claims): Outcome | Promise<Outcome> {
    const { view, lease, pending } = this.memory;
    // The instant of the decision is this one: what is accepted below is accepted on memory that was
    // fresh here. Nothing is awaited in between.
    const now = lease.databaseNow();
    if (now === undefined || pending.concerns(claims)) return this.strict.decide(claims);
    // What was not stamped cannot stand for anything.
    if (claims.adopted === true) return this.strict.decide(claims);
    const resolution = resolveFromMemory(view, claims, this.rules, now);
    if (resolution === 'as issued') return asIssued(claims);
    return resolution === undefined
      ? this.strict.decide(claims)
      : judge(this.context, claims, resolution);
  }
}

/** What the token itself says; it was decided on when it was made. */
function asIssued(claims: Claims): Principal {
  return {
    subject: claims.sub,
    userId: claims.uid ?? claims.sub,
    roles: claims.roles,
    permissions: claims.permissions ?? NONE,
    sessionId: claims.sid,
    tokenId: claims.jti,
    claims,
  };
}

const NONE: readonly string[] = Object.freeze([]);
