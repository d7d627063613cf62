import { describe, expect, it } from 'vitest';
import { latestSignIn } from '../../../lib/decision/policies/latest-sign-in.js';
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

const policy = made(latestSignIn());
const signedInAt = (latestSignIn: unknown) => stateWith({ columns: { latestSignIn } });

describe('latestSignIn()', () => {
  it('ends the token of the phone when alice signs in on her laptop', () => {
    const [phone, laptop] = [signedInAt(NOON), signedInAt(NOON + 1)];
    expect(verdictAfter(policy, phone, phone)).toBe('accepted');
    expect(verdictAfter(policy, phone, laptop)).toBe('token_superseded');
    expect(verdictAfter(policy, laptop, laptop)).toBe('accepted');
  });

  it.each([
    ['a clock that went back', NOON, NOON - 1, 'token_superseded'],
    ['another driver', NOON, String(NOON), 'accepted'],
    ['a bigint', String(NOON), BigInt(NOON), 'accepted'],
    ['set to NULL', NOON, null, 'token_superseded'],
    ['the first sign-in', null, NOON, 'token_superseded'],
  ])('compares for equality: %s', (_, before, after, outcome) =>
    expect(verdictAfter(policy, signedInAt(before), signedInAt(after))).toBe(outcome),
  );

  it('accepts a stamp from before the first sign-in, for the check before that sign-in', () => {
    expect(verdictAfter(policy, signedInAt(null), signedInAt(null))).toBe('accepted');
  });

  it.each([...FORGED_STAMPS, NOON - 60_000])('refuses a token whose `lsi` is %j', (lsi) =>
    expect(verdictOnStamp(policy, { lsi })).toBe('token_superseded'),
  );

  it('says which column a sign-in moves', () => {
    expect(policy).toMatchObject({ advancesOnSignIn: 'latestSignIn', stamps: { lsi: 'string' } });
    expect(() => made(latestSignIn(), BARE)).toThrow(PolicyConfigurationError);
  });
});
