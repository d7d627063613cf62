import { describe, expect, it } from 'vitest';
import { tokenVersion } from '../../../lib/decision/policies/token-version.js';
import { PolicyConfigurationError } from '../../../lib/decision/policy.js';
import { BARE, FORGED_STAMPS, made, stateWith, verdictAfter, verdictOnStamp } from '../fixtures.js';

const policy = made(tokenVersion());
const version = (tokenVersion: unknown) => stateWith({ columns: { tokenVersion } });

describe('tokenVersion()', () => {
  it('ends every token of alice when her version is raised', () => {
    expect(verdictAfter(policy, version(3), version(3))).toBe('accepted');
    expect(verdictAfter(policy, version(3), version(4))).toBe('token_superseded');
  });

  it.each([
    ['lowered, as by a restored backup', 3, 2, 'token_superseded'],
    ['an integer of another driver', 3, '3', 'accepted'],
    ['a bigint', 3, 3n, 'accepted'],
    ['a text that only begins alike', 3, '3x', 'token_superseded'],
    [
      'beyond what a number can tell apart',
      '9007199254740993',
      '9007199254740992',
      'token_superseded',
    ],
    ['beyond, of another driver', '9007199254740993', 9007199254740993n, 'accepted'],
    ['NULL, which counts as 0', null, 0, 'accepted'],
    ['NULL, raised', null, 1, 'token_superseded'],
    ['set to NULL', 3, null, 'token_superseded'],
  ])('version %s', (_, before, after, outcome) =>
    expect(verdictAfter(policy, version(before), version(after))).toBe(outcome),
  );

  it.each([...FORGED_STAMPS, '3', 3.5, [3]])('refuses a token whose `ver` is %j', (ver) =>
    expect(verdictOnStamp(policy, { ver })).toBe('token_superseded'),
  );

  it('names the column and the claim it uses', () => {
    expect(policy).toMatchObject({ columns: ['tokenVersion'], stamps: { ver: 'integer' } });
    expect(policy.stamp?.(version(3))).toEqual({ ver: 3 });
  });

  it('refuses to be made without its column', () => {
    expect(() => made(tokenVersion(), BARE)).toThrow(PolicyConfigurationError);
    expect(() => made(tokenVersion(), BARE)).toThrow(/Map it: user: \{ tokenVersion/);
  });
});
