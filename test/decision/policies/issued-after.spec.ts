import { describe, expect, it } from 'vitest';
import { issuedAfter } from '../../../lib/decision/policies/issued-after.js';
import type { Denial } from '../../../lib/decision/auth-state.js';
import {
  BARE,
  FORGED_STAMPS,
  made,
  NOON,
  stateWith,
  verdictAfter,
  verdictOnStamp,
} from '../fixtures.js';

const policy = made(issuedAfter(), BARE);

describe('issuedAfter()', () => {
  it('distinguishes two tokens of one second: the one before the cut-off is refused, the other accepted', () => {
    const after = stateWith({ deployment: { issuedBefore: NOON + 500 } });
    const issuedAt = (now: number) => verdictAfter(policy, stateWith({ now }), after);
    expect(issuedAt(NOON + 499)).toBe('token_revoked');
    expect(issuedAt(NOON + 500)).toBe('accepted');
    expect(Math.floor((NOON + 499) / 1000)).toBe(Math.floor((NOON + 500) / 1000));
  });

  it('ends everything until now with a new generation, even tokens of the same millisecond', () => {
    const after = stateWith({ deployment: { generation: 'gen-2' } });
    expect(verdictAfter(policy, stateWith(), after)).toBe('token_revoked');
    expect(verdictAfter(policy, after, after)).toBe('accepted');
  });

  it('ends the tokens that one user got before a time, and no other user’s', () => {
    const before: Denial = {
      kind: 'subject',
      ref: 'alice',
      code: 'token_revoked',
      issuedBefore: NOON + 1,
    };
    const outcome = (subject: string) =>
      verdictAfter(policy, stateWith({ subject }), stateWith({ subject, denials: [before] }));
    expect(outcome('alice')).toBe('token_revoked');
    expect(outcome('alicia')).toBe('accepted');
    // The log is keyed by the text; rows of another account must not count even if they come along.
    expect(outcome('Alice')).toBe('accepted');
  });

  it.each(FORGED_STAMPS)('refuses a token whose `gen` is %j', (gen) =>
    expect(verdictOnStamp(policy, { gen })).toBe('token_revoked'),
  );

  it('refuses a token whose issue instant cannot be compared', () => {
    const after = stateWith({ deployment: { issuedBefore: NOON } });
    expect(verdictOnStamp(policy, { iat_ms: NaN }, after)).toBe('token_revoked');
    const denials = [
      { kind: 'subject', ref: 'alice', code: 'token_revoked', issuedBefore: NOON } as const,
    ];
    expect(verdictOnStamp(policy, { iat_ms: undefined }, stateWith({ denials }))).toBe(
      'token_revoked',
    );
  });
});
