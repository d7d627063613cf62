/** The changes that end tokens, or give them back their life. */
import type { ModelDatabase, Transaction } from './database.js';
import type { NewRow } from './log.js';
import type { Node } from './node.js';

export const SUBJECTS = ['a', 'b'];

/** Gives one of so many numbers. */
export type Choose = (of: number) => number;

export const row = (kind: NewRow['kind'], ref: string): NewRow => ({
  kind,
  ref,
  code: null,
  issuedBefore: null,
});

/** Begins one of them; by way of the library in a process, with a transaction of its caller, or past it. */
export function begin(database: ModelDatabase, choose: Choose, held?: Node): Transaction {
  const sub = SUBJECTS[choose(2)] ?? 'a';
  const token = database.tokens[choose(database.tokens.length || 1)]?.claims;
  const write = (entry: NewRow, apply: () => void = () => undefined) => {
    const transaction = database.begin([entry], apply, held);
    held?.freshness.propagation.pending(entry, transaction);
    return transaction;
  };
  const kind = choose(16);
  if (kind < 3) return write(row('subject', sub), () => database.bump(sub));
  if (kind < 5) return database.begin([row('resync', '*')], () => database.bump(sub));
  if (kind < 7) return write(row('subject', sub), () => database.setStatus(sub, 'locked'));
  if (kind < 9) return write(row('subject', sub), () => database.setStatus(sub, 'active'));
  if (kind === 9) return write(row('all', '*'), () => database.renewGeneration());
  const { clock } = database;
  if (kind === 10) return write(row('all', '*'), () => database.endIssuedBefore(clock));
  if (kind === 11) {
    return write({ ...row('subject', sub), code: 'token_revoked', issuedBefore: clock });
  }
  if (token === undefined) return database.begin([], () => undefined);
  const { kid } = token;
  // Seldom: of three keys, a withdrawn one is withdrawn for good.
  if (kind === 12 && kid !== undefined && choose(4) === 0) {
    return database.begin([row('key', kid)], () => database.withdrawKey(kid));
  }
  return kind < 14
    ? write({ ...row('token', token.jti), code: 'token_revoked' })
    : write({ ...row('session', token.sid), code: 'session_ended' });
}
