/** What is promised of every decision; each gives what is wrong with it, if anything is. */
import { Refusal } from '../../../lib/decision/refusal.js';
import type { Outcome } from '../../../lib/freshness/decider.js';
import type { Change, Token } from './database.js';
import type { Node } from './node.js';

export interface Circumstances {
  /** Whether all that processes have heard of is still so: no server took over, no clock was set. */
  readonly exact: boolean;
  /** Everything that happened up to here is promised to be known everywhere. */
  readonly everywhere: number;
}

/** A decision on memory: on what the process knows, which may lie back as far as its bound. */
export function brokenFromMemory(
  node: Node,
  { claims, verdicts }: Token,
  outcome: Outcome,
  { exact, everywhere }: Circumstances,
): string | undefined {
  const { reasons, last } = verdicts[node.set.name];
  const { now } = node.database;
  if (node.isToBeStrict) return `${node.id} decided by memory, and knew that nothing watches`;
  if (outcome instanceof Refusal) {
    const isLate = last !== undefined && last.at + node.bound < now && !isUnknown(node, last);
    const justified = reasons.length > 0 || (last !== undefined && !isLate);
    if (outcome.code === 'token_expired' || justified || !exact) return undefined;
    return `${node.id} refused ${claims.jti}, which nobody revoked: ${outcome.code}`;
  }
  for (const change of reasons) {
    if (isUnknown(node, change)) continue;
    const { reason, at, order, by } = change;
    const accepted = `${node.id} accepted ${claims.jti}, refused ${now - at} ms ago for ${reason}`;
    if (now - at > node.bound) return accepted;
    if (order <= node.knows) return `${accepted}, though it had told that it knows`;
    if (order <= everywhere) return `${accepted}, and that was known everywhere`;
    if (by === node) return `${accepted} by a transaction that it held`;
  }
  return undefined;
}

/** What no row tells of is known a bound after a process noticed that there may be such changes. */
function isUnknown({ bound, database }: Node, { isUntold, order }: Change): boolean {
  const { now, noticed } = database;
  return isUntold && (noticed.order <= order || now - noticed.at <= bound);
}

/** A decision for which state was read after the call: it also knows all that happened before that. */
export function brokenByRead(
  node: Node,
  token: Token,
  outcome: Outcome,
  called: number,
  circumstances: Circumstances,
): string | undefined {
  const { claims, verdicts } = token;
  const { reasons, last } = verdicts[node.set.name];
  if (!(outcome instanceof Refusal)) {
    const known = reasons.find(({ order }) => order <= called);
    return (
      known && `${node.id} accepted ${claims.jti} on a read, refused before for ${known.reason}`
    );
  }
  const justified = reasons.length > 0 || (last !== undefined && last.order > called);
  if (outcome.code === 'token_expired' || justified || !circumstances.exact) return undefined;
  return `${node.id} refused ${claims.jti} on a read, and nobody revoked it: ${outcome.code}`;
}
