import type { DecisionCode } from '../../../decision/refusal.js';
import { sqlite } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import type { Mark, WatchPlan } from '../../triggers/watch-plan.js';
import { GRACE_MS } from '../../../decision/time-margins.js';

const ID =
  "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||" +
  " substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

/** Inserts a row for each `ref` that the query gives, with the refusal that it enforces, if any. */
export function append(
  plan: WatchPlan,
  kind: Mark['kind'],
  refs: string,
  condition: string,
  code?: DecisionCode,
): string {
  const realm = literal(plan.realm);
  const life = `coalesce((SELECT s.max_token_life FROM ${name(plan.state)} s WHERE s.realm = ${realm}), 0)`;
  return (
    `INSERT INTO ${name(plan.log)} (id, realm, kind, ref, code, created_at, expires_at)` +
    ` SELECT ${ID}, ${realm}, ${literal(kind)}, r.ref, ${code === undefined ? 'NULL' : literal(code)}, ${sqlite.now}, ${sqlite.now} + ${life} + ${GRACE_MS}` +
    ` FROM (${refs}) r WHERE r.ref IS NOT NULL${condition}`
  );
}

export const dropOf = (called: string) => [`DROP TRIGGER IF EXISTS ${sqlite.quote(called)}`];

/** Statements in a trigger name tables without their database: it is the trigger's own. */
export function name(path: readonly string[]): string {
  return sqlite.quote(path.at(-1) ?? '');
}
