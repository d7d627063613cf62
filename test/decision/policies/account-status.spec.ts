import { describe, expect, it } from 'vitest';
import { accountStatus } from '../../../lib/decision/policies/account-status.js';
import { PolicyConfigurationError } from '../../../lib/decision/policy.js';
import {
  ALICE,
  BARE,
  made,
  NOON,
  stateWith,
  tokenOn,
  USER,
  verdict,
  verdictAfter,
} from '../fixtures.js';

const HOUR = 3_600_000;
const policy = made(accountStatus());
const judged = (columns: Record<string, unknown>, now = NOON) =>
  verdictAfter(policy, stateWith(), stateWith({ columns, now }));

describe('accountStatus()', () => {
  it('refuses alice once an admin has disabled her, and accepts her again once enabled', () => {
    const token = tokenOn(stateWith(), [policy]);
    expect(verdict([policy], token, stateWith())).toBe('accepted');
    expect(verdict([policy], token, stateWith({ columns: { status: 'disabled' } }))).toBe(
      'account_disabled',
    );
    expect(verdict([policy], token, stateWith())).toBe('accepted');
  });

  it('a suspension ends at its time, without any write', () => {
    const columns = { status: 'suspended', suspendedUntil: new Date(NOON + HOUR) };
    expect(judged(columns, NOON + HOUR - 1)).toBe('account_disabled');
    expect(judged(columns, NOON + HOUR)).toBe('accepted');
  });

  it('ends a validity to the millisecond, and no token lives longer', () => {
    const columns = { validUntil: new Date(NOON + HOUR) };
    expect(judged(columns, NOON + HOUR - 1)).toBe('accepted');
    expect(judged(columns, NOON + HOUR)).toBe('account_disabled');
    expect(policy.goodUntil?.(stateWith({ columns }))).toBe(NOON + HOUR);
  });

  it.each([
    null,
    undefined,
    '',
    'ACTIVE',
    'active ',
    'archived',
    true,
    1,
    ['active'],
    { active: 1 },
  ])('refuses the status %j, which nobody listed', (status) =>
    expect(judged({ status })).toBe('account_disabled'),
  );

  it.each([
    ['by the date column', new Date(NOON - 1), 'account_deleted'],
    ['by a date that lies ahead', new Date(NOON + HOUR), 'account_deleted'],
    ['by a date that cannot be read', new Date(NaN), 'account_deleted'],
    ['by a zero', 0, 'account_deleted'],
    ['by an empty text', '', 'account_deleted'],
    ['not at all: NULL', null, 'accepted'],
    ['not at all: NULL, through a transformer', undefined, 'accepted'],
  ])('soft deletion %s', (_, deletedAt, outcome) => expect(judged({ deletedAt })).toBe(outcome));

  it('reports the deletion of an account that is also disabled', () => {
    expect(judged({ deletedAt: new Date(NOON), status: 'disabled' })).toBe('account_deleted');
  });

  it.each([
    ['an active account, until later', 'active', new Date(NOON + 1), 'account_disabled'],
    ['an active account, until now', 'active', new Date(NOON), 'accepted'],
    ['a disabled account, until now', 'disabled', new Date(NOON), 'account_disabled'],
    ['a suspended account, without an end', 'suspended', null, 'account_disabled'],
    ['milliseconds ahead, as text', 'active', String(NOON + 1), 'account_disabled'],
    ['milliseconds passed, as bigint', 'active', BigInt(NOON - 1), 'accepted'],
    ['for ever, as PostgreSQL says it', 'active', Infinity, 'account_disabled'],
    ['an invalid date', 'suspended', new Date(NaN), 'account_disabled'],
    ['a text that is no date', 'active', 'soon', 'account_disabled'],
    ['a local time, which says nothing certain', 'active', '2020-01-01 00:00', 'account_disabled'],
    ['seconds, which would be long past', 'active', (NOON + HOUR) / 1000, 'account_disabled'],
    ['a boolean', 'active', false, 'account_disabled'],
  ])('suspension of %s', (_, status, suspendedUntil, outcome) =>
    expect(judged({ status, suspendedUntil })).toBe(outcome),
  );

  it.each([
    ['an invalid date', new Date(NaN), 'account_disabled', undefined],
    ['a text that is no date', 'never', 'account_disabled', undefined],
    ['for ever, as PostgreSQL says it', Infinity, 'accepted', undefined],
    ['since ever, as PostgreSQL says it', -Infinity, 'account_disabled', undefined],
    ['milliseconds as text', String(NOON + 1), 'accepted', NOON + 1],
    ['a day', '2026-01-16', 'accepted', NOON + 12 * HOUR],
    ['nothing', null, 'accepted', undefined],
  ])('validity until %s', (_, validUntil, outcome, goodUntil) => {
    expect(judged({ validUntil })).toBe(outcome);
    expect(policy.goodUntil?.(stateWith({ columns: { validUntil } }))).toBe(goodUntil);
  });

  it.each([
    ['status', { status: 'disabled' }],
    ['suspendedUntil', { suspendedUntil: new Date(NOON + 1) }],
    ['validUntil', { validUntil: new Date(NOON) }],
  ] as const)('judges by %s if nothing else is mapped', (column, change) => {
    const alone = made(accountStatus(), { ...BARE, [column]: column });
    expect(alone.columns).toEqual([column]);
    expect(verdictAfter(alone, stateWith(), stateWith())).toBe('accepted');
    expect(verdictAfter(alone, stateWith(), stateWith({ columns: change }))).toBe(
      'account_disabled',
    );
  });

  it('judges only by the row if no column is mapped', () => {
    const alone = made(accountStatus(), BARE);
    expect(verdictAfter(alone, stateWith(), stateWith())).toBe('accepted');
    expect(verdictAfter(alone, stateWith(), { ...stateWith(), subject: null })).toBe(
      'account_deleted',
    );
  });

  it('compares a boolean status with the listed values', () => {
    const enabled = made(accountStatus(), { ...BARE, status: 'enabled', activeStatuses: [true] });
    const of = (value: unknown) =>
      verdictAfter(enabled, stateWith(), stateWith({ columns: { enabled: value } }));
    const before = stateWith({ columns: { enabled: true } });
    expect(verdictAfter(enabled, before, before)).toBe('accepted');
    expect([false, 1, 'true', null].map(of)).toEqual(Array(4).fill('account_disabled'));
  });

  it('refuses options with which a suspension could never end', () => {
    const { suspendedUntil: _, ...withoutUntil } = USER;
    expect(() => made(accountStatus(), withoutUntil)).toThrow(PolicyConfigurationError);
    expect(() => made(accountStatus(), withoutUntil)).toThrow(/Map user.status and/);
  });

  it('does not judge a row that was read without a column it needs', () => {
    const { status: _, ...columns } = ALICE;
    const state = stateWith();
    const unread = { ...state, subject: { ...state.subject, columns } };
    expect(() => verdict([policy], tokenOn(state), unread)).toThrow(/without "status"/);
  });
});
