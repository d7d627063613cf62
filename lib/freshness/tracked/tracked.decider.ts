import type { Claims } from '../../decision/claims.js';
import { type Principal, principalOf } from '../../decision/principal.js';
import { type Decider, type DecisionContext, judge, type Outcome } from '../decider.js';
import type { Lease } from './lease.js';
import type { LogView } from './log-view.js';
import type { PendingRevocations } from './pending-revocations.js';
import { type ResolutionRules, resolveFromMemory } from './resolve-from-memory.js';

/** What a process knows, and how long it may trust it. */
export interface Memory {
  readonly view: LogView;
  readonly lease: Lease;
  readonly pending: PendingRevocations;
}

/**
 * Tracked freshness. A token states what was true when it was issued. Apply what changed since, and you
 * have the current state. For a subject that did not change, nothing is read.
 *
 * The state is read if memory has no answer: without a fresh lease, for tokens from before coverage, for tokens of a
 * revocation that is not committed yet, and for a changed subject that was not read since its change.
 */
export class TrackedDecider implements Decider {
  constructor(
    private readonly parts: {
      readonly memory: Memory;
      readonly rules: ResolutionRules;
      readonly context: DecisionContext;
      /** Decides where memory cannot. */
      readonly strict: Decider;
    },
  ) {}

  decide(claims: Claims): Outcome | Promise<Outcome> {
    const { memory, rules, context, strict } = this.parts;
    const { view, lease, pending } = memory;
    // This is the instant of the decision: memory was fresh here, and nothing is awaited below.
    const now = lease.databaseNow();
    if (now === undefined || pending.concerns(claims)) return strict.decide(claims);
    // An adopted token carries no stamps, so its claims are never the current state.
    if (claims.adopted === true) return strict.decide(claims);
    const resolution = resolveFromMemory(view, claims, rules, now);
    if (resolution === 'as issued') return asIssued(claims);
    return resolution === undefined ? strict.decide(claims) : judge(context, claims, resolution);
  }
}

/** The principal that the token itself describes. The policies accepted its state when it was issued. */
function asIssued(claims: Claims): Principal {
  const { sub, uid = sub, roles, permissions = NONE } = claims;
  return principalOf(claims, uid, roles, permissions);
}

const NONE: readonly string[] = Object.freeze([]);
