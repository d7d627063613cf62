import { describe, expect, it } from 'vitest';
import type { Denial } from '../../../lib/decision/auth-state.js';
import { denylist } from '../../../lib/decision/policies/denylist.js';
import { issuedAfter } from '../../../lib/decision/policies/issued-after.js';
import { session } from '../../../lib/decision/policies/session.js';
import type { PolicyFactory } from '../../../lib/decision/policy.js';
import { BARE, made, NOON, stateWith, verdictAfter } from '../fixtures.js';

const denial = (given: Partial<Denial>): Denial => ({
  kind: 'token',
  ref: 'token-1',
  code: 'token_revoked',
  issuedBefore: null,
  ...given,
});
const after = (factory: PolicyFactory, denials: readonly Denial[]) =>
  verdictAfter(made(factory, BARE), stateWith(), stateWith({ denials }));

const ROWS = {
  token: denial({ kind: 'token', ref: 'token-1' }),
  session: denial({ kind: 'session', ref: 'session-1', code: 'session_ended' }),
  subject: denial({ kind: 'subject', ref: 'alice' }),
} as const;

describe.each([
  ['denylist()', denylist(), 'token', 'token_revoked'],
  ['session()', session(), 'session', 'session_ended'],
  ['issuedAfter()', issuedAfter(), 'subject', 'token_revoked'],
] as const)('%s, judging the log', (_, factory, kind, code) => {
  it(`refuses what a row of kind ${kind} names`, () => {
    expect(after(factory, [])).toBe('accepted');
    expect(after(factory, [ROWS[kind]])).toBe(code);
    expect(made(factory, BARE).denies).toBe(kind);
  });

  it('leaves rows of other kinds to other policies', () => {
    const others = Object.values(ROWS).filter((row) => row.kind !== kind);
    expect(after(factory, others)).toBe('accepted');
    const alike = others.map((row) => ({ ...row, ref: ROWS[kind].ref }));
    expect(after(factory, alike)).toBe('accepted');
  });

  it.each(['other', '', 'TOKEN-1', 'ALICE', 'session-1 '])('leaves what %j names alone', (ref) => {
    expect(after(factory, [{ ...ROWS[kind], ref }])).toBe('accepted');
  });

  it('accepts what was issued at or after the instant that a row names', () => {
    for (const [issuedBefore, outcome] of [
      [NOON + 1, code],
      [NOON, 'accepted'],
      [0, 'accepted'],
    ] as const) {
      expect(after(factory, [{ ...ROWS[kind], issuedBefore }])).toBe(outcome);
    }
  });

  it('finds the row that refuses among those that do not', () => {
    const spared = { ...ROWS[kind], issuedBefore: 0 };
    const heavier = { ...ROWS[kind], code: 'account_disabled' } as const;
    expect(after(factory, [spared, ROWS[kind]])).toBe(code);
    expect(after(factory, [ROWS[kind], spared])).toBe(code);
    expect(after(factory, [ROWS[kind], heavier])).toBe('account_disabled');
    expect(after(factory, [heavier, ROWS[kind]])).toBe('account_disabled');
  });
});
