import { describe, expect, it } from 'vitest';
import { createdAt } from '../../../lib/decision/policies/created-at.js';
import { PolicyConfigurationError } from '../../../lib/decision/policy.js';
import {
  BARE,
  FORGED_STAMPS,
  made,
  NOON,
  stateWith,
  verdictAfter,
  verdictOnStamp,
} from '../fixtures.js';

const policy = made(createdAt());
const bornAt = (createdAt: unknown) => stateWith({ columns: { createdAt } });

describe('createdAt()', () => {
  it('does not revive the tokens of a deleted account when its id is given to a new one', () => {
    const [old, next] = [bornAt(new Date(NOON)), bornAt(new Date(NOON + 1))];
    expect(verdictAfter(policy, old, old)).toBe('accepted');
    expect(verdictAfter(policy, old, next)).toBe('account_deleted');
  });

  it.each([
    ['random texts', 'f3a1', 'f3a2', 'account_deleted'],
    ['one random text', 'f3a1', 'f3a1', 'accepted'],
    ['an integer of another driver', 12, '12', 'accepted'],
    ['the same bytes', Buffer.from('ab'), Uint8Array.from(Buffer.from('ab')), 'accepted'],
    ['other bytes', Buffer.from('ab'), Buffer.from('ac'), 'account_deleted'],
    ['nothing, twice', null, null, 'account_deleted'],
    ['an invalid date, twice', new Date(NaN), new Date(NaN), 'account_deleted'],
  ])('judges %s', (_, before, after, outcome) =>
    expect(verdictAfter(policy, bornAt(before), bornAt(after))).toBe(outcome),
  );

  it.each([...FORGED_STAMPS, NOON - 86_400_000])('refuses a token whose `born` is %j', (born) =>
    expect(verdictOnStamp(policy, { born })).toBe('account_deleted'),
  );

  it('refuses to be made without its column', () => {
    expect(() => made(createdAt(), BARE)).toThrow(PolicyConfigurationError);
  });
});
