/** What is promised of every decision; each gives what is wrong with it, if anything is. */
import { Refusal } from '../../../lib/decision/refusal.js';
import type { Outcome } from '../../../lib/freshness/decider.js';
import type { Token } from './database.js';
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
  if (outcome instanceof Refusal) {
    const justified = reasons.length > 0 || (last !== undefined && last.at + node.bound >= now);
    if (outcome.code === 'token_expired' || justified || !exact) return undefined;
    return `${node.id} refused ${claims.jti}, which nobody revoked: ${outcome.code}`;
  }
  for (const { reason, at, order, by } of reasons) {
    const accepted = `${node.id} accepted ${claims.jti}, refused ${now - at} ms ago for ${reason}`;
    if (now - at > node.bound) return accepted;
    if (order <= node.knows) return `${accepted}, though it had told that it knows`;
    if (order <= everywhere) return `${accepted}, and that was known everywhere`;
    if (by === node) return `${accepted} by a transaction that it held`;
  }
  return undefined;
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
