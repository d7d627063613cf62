import { describe, expect, it } from 'vitest';
import { boundTo } from '../../../lib/decision/policies/bound-to.js';
import { PolicyConfigurationError } from '../../../lib/decision/policy.js';
import {
  ALICE,
  FORGED_STAMPS,
  made,
  NOON,
  stateWith,
  tokenOn,
  verdict,
  verdictAfter,
  verdictOnStamp,
} from '../fixtures.js';
import { deploymentKey } from '../../../lib/log/deployment-row.js';

const policy = made(boundTo('passwordHash', 'email'));
const changed = (columns: Record<string, unknown>) =>
  verdictAfter(policy, stateWith(), stateWith({ columns }));
const pair = (passwordHash: unknown, email: unknown) =>
  stateWith({ columns: { passwordHash, email } });
const withEmail = (email: unknown) => stateWith({ columns: { email } });
const at = (ms: number) => stateWith({ columns: { updatedAt: new Date(ms) } });

/** Values that a careless encoding takes for one another. */
const VALUES: readonly unknown[] = [
  null,
  '',
  '0',
  0,
  0n,
  false,
  'false',
  'null',
  true,
  1,
  '1',
  1n,
  1.5,
  '1.5',
  new Date(0),
  new Date(1),
  new Date(0).toISOString(),
  Buffer.alloc(0),
  Buffer.alloc(1),
  Buffer.from('0'),
  [],
  [''],
  [[]],
  ['', ''],
  [null],
  {},
  { a: 1 },
  { a: '1' },
  { a: 1, b: 2 },
  { 'a,b': 1 },
  [['a', 1]],
  '{}',
  '[]',
  '\u0101',
  '\u0001',
  '\ud800',
  '\ud801',
];

describe('boundTo()', () => {
  it('ends every token when alice changes her password', () => {
    expect(changed({})).toBe('accepted');
    expect(changed({ passwordHash: '$argon2id$other' })).toBe('credentials_changed');
    expect(changed({ email: 'alice@example.org' })).toBe('credentials_changed');
    expect(changed({ status: 'editor', updatedAt: new Date() })).toBe('accepted');
  });

  it('bound to updatedAt, ends every token when the profile changes by a millisecond', () => {
    const profile = made(boundTo('updatedAt'));
    expect(verdictAfter(profile, at(NOON), at(NOON))).toBe('accepted');
    expect(verdictAfter(profile, at(NOON), at(NOON + 1))).toBe('credentials_changed');
    expect(verdictAfter(profile, at(NOON), at(NOON - 1))).toBe('credentials_changed');
  });

  it('puts nothing of the values into the token', () => {
    const token = JSON.stringify(tokenOn(stateWith(), [policy]));
    expect(token).not.toContain(String(ALICE['passwordHash']).slice(-8));
    expect(token).not.toContain('alice@');
    expect(policy.stamp?.(stateWith())).toEqual({ bnd: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it('keys the digest: the hash without the key does not give the stamp', () => {
    const otherKey = stateWith({ deployment: { key: deploymentKey('other') } });
    expect(verdictAfter(policy, otherKey, stateWith())).toBe('credentials_changed');
  });

  it('is of one subject: two accounts with the same values have different stamps', () => {
    expect(policy.stamp?.(stateWith({ subject: 'bob' }))).not.toEqual(policy.stamp?.(stateWith()));
  });

  it('does not care about the order of the columns, nor about naming one twice', () => {
    const token = tokenOn(stateWith(), [policy]);
    for (const names of [
      ['email', 'passwordHash'],
      ['email', 'passwordHash', 'email'],
    ]) {
      expect(verdict([made(boundTo(...names))], token, stateWith())).toBe('accepted');
    }
  });

  it('does not confuse tokens that are bound to different columns', () => {
    const same = pair('x', 'x');
    const token = tokenOn(same, [made(boundTo('email'))]);
    expect(verdict([made(boundTo('email'))], token, same)).toBe('accepted');
    expect(verdict([made(boundTo('passwordHash'))], token, same)).toBe('credentials_changed');
  });

  it('does not confuse values of neighbouring columns', () => {
    expect(verdictAfter(policy, pair('a', 'b'), pair('b', 'a'))).toBe('credentials_changed');
    expect(verdictAfter(policy, pair('ab', ''), pair('a', 'b'))).toBe('credentials_changed');
    expect(verdictAfter(policy, pair('', null), pair(null, ''))).toBe('credentials_changed');
    expect(verdictAfter(policy, pair('a', '1:b'), pair('a1:', 'b'))).toBe('credentials_changed');
  });

  it('tells every two values apart', () => {
    const stamps = VALUES.map((email) => policy.stamp?.(withEmail(email))['bnd']);
    expect(new Set(stamps).size).toBe(VALUES.length);
  });

  it('treats JSON as the same in any order of its keys', () => {
    const [a, b] = [
      withEmail({ x: { p: 1, q: [2] }, y: null }),
      withEmail({ y: null, x: { q: [2], p: 1 } }),
    ];
    expect(verdictAfter(policy, a, b)).toBe('accepted');
  });

  it.each(FORGED_STAMPS)('refuses a token whose `bnd` is %j', (bnd) =>
    expect(verdictOnStamp(policy, { bnd })).toBe('credentials_changed'),
  );

  it('is not made without columns, nor for a row that was read without them', () => {
    for (const names of [[], [''], [' ', 'email']]) {
      expect(() => made(boundTo(...names))).toThrow(PolicyConfigurationError);
    }
    expect(() => made(boundTo('nickname')).stamp?.(stateWith())).toThrow(/without "nickname"/);
  });
});
