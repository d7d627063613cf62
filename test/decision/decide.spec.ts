import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Denial, PresentState } from '../../lib/decision/auth-state.js';
import type { Claims } from '../../lib/decision/claims.js';
import { decide } from '../../lib/decision/decide.js';
import { accountStatus } from '../../lib/decision/policies/account-status.js';
import { createdAt } from '../../lib/decision/policies/created-at.js';
import { boundTo } from '../../lib/decision/policies/bound-to.js';
import { denylist } from '../../lib/decision/policies/denylist.js';
import { issuedAfter } from '../../lib/decision/policies/issued-after.js';
import { latestSignIn } from '../../lib/decision/policies/latest-sign-in.js';
import { session } from '../../lib/decision/policies/session.js';
import { tokenVersion } from '../../lib/decision/policies/token-version.js';
import type { Policy } from '../../lib/decision/policy.js';
import { DECISION_CODES } from '../../lib/decision/refusal.js';
import { passwordAge } from './examples/password-age.js';
import { made, NOON, stateWith, tokenOn, verdict } from './fixtures.js';

const EQUALITIES = [tokenVersion(), latestSignIn(), boundTo('passwordHash', 'email')].map(
  (policy) => made(policy),
);
const POLICIES: readonly Policy[] = [
  ...EQUALITIES,
  ...[accountStatus(), denylist(), session(), issuedAfter(), createdAt(), passwordAge()].map(
    (policy) => made(policy),
  ),
];
const SUBSETS = Array.from({ length: 2 ** POLICIES.length }, (_, bits) =>
  POLICIES.filter((_, index) => (bits >> index) % 2 === 1),
);

/** Mostly the usual value, so that states in which nothing or one thing is wrong come up too. */
const often = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, fc.constantFrom(usual, ...others));
const hours = (hour: number) => new Date(NOON + hour * 3_600_000);

const denials: fc.Arbitrary<readonly Denial[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  fc.array(
    fc.record({
      kind: fc.constantFrom('subject', 'session', 'token'),
      ref: fc.constantFrom('alice', 'session-1', 'token-1', 'other'),
      code: fc.constantFrom(...DECISION_CODES),
      issuedBefore: fc.constantFrom(null, NOON, NOON + 1),
    }),
    { maxLength: 3 },
  ),
);
const state: fc.Arbitrary<PresentState> = fc
  .record({
    columns: fc.record({
      status: often<unknown>('active', 'suspended', 'disabled', null),
      suspendedUntil: often<unknown>(null, hours(-1), hours(1), new Date(NaN)),
      validUntil: often<unknown>(null, hours(-1), hours(1), 'soon'),
      deletedAt: often<unknown>(null, hours(-1)),
      tokenVersion: often<unknown>(3, '3', 4, null),
      latestSignIn: often<unknown>(NOON, String(NOON), NOON + 1, null),
      createdAt: often<unknown>(hours(-9), hours(-8), null),
      passwordHash: often<unknown>('old', 'new'),
      email: often<unknown>('alice@example.com', null),
      passwordChangedAt: often<unknown>(hours(-9), hours(-9999), null),
    }),
    denials,
    deployment: fc.record({
      generation: often('gen-1', 'gen-2'),
      issuedBefore: often(0, NOON, NOON + 1),
    }),
  })
  .map((changes) => stateWith(changes));
/** A token issued on some state, by all policies; now and then without one of its stamps. */
const token: fc.Arbitrary<Claims> = fc
  .tuple(state, often('', 'ver', 'lsi', 'bnd', 'gen', 'born'))
  .map(([before, lost]) => ({ ...tokenOn(before, POLICIES), [lost]: undefined }));

/** For each code, a state in which that is what is wrong. */
const SPOILT: readonly PresentState[] = [
  stateWith({ columns: { deletedAt: hours(-1) } }),
  stateWith({ columns: { status: 'disabled' } }),
  stateWith({ deployment: { generation: 'gen-2' } }),
  stateWith({
    denials: [{ kind: 'session', ref: 'session-1', code: 'session_ended', issuedBefore: null }],
  }),
  stateWith({ columns: { passwordHash: 'new' } }),
  stateWith({ columns: { tokenVersion: 4 } }),
];

describe('decide', () => {
  it('gives the same outcome and code for every subset of the policies in every order', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(token, state, fc.nat(), (claims, now, seed) => {
        const single = new Map(POLICIES.map((policy) => [policy, verdict([policy], claims, now)]));
        for (const [index, subset] of SUBSETS.entries()) {
          const refusals = new Set(subset.map((policy) => single.get(policy)));
          const expected = DECISION_CODES.find((code) => refusals.has(code)) ?? 'accepted';
          expect(verdict(shuffled(subset, seed + index), claims, now)).toBe(expected);
          seen.add(expected);
        }
      }),
      { numRuns: 50, examples: SPOILT.map((now) => [tokenOn(stateWith(), POLICIES), now, 1]) },
    );
    // Otherwise the states that were tried prove nothing.
    expect(seen).toEqual(new Set([...DECISION_CODES, 'accepted']));
  });

  it('tries every order of the policies on a state in which six techniques refuse', () => {
    const before = stateWith();
    const after = stateWith({
      columns: { tokenVersion: 4, passwordHash: 'new' },
      denials: [
        { kind: 'token', ref: 'token-1', code: 'token_revoked', issuedBefore: null },
        { kind: 'session', ref: 'session-1', code: 'session_ended', issuedBefore: null },
      ],
      deployment: { generation: 'gen-2' },
    });
    const refusing = POLICIES.filter(({ name }) =>
      ['tokenVersion', 'boundTo', 'denylist', 'session', 'issuedAfter', 'accountStatus'].includes(
        name,
      ),
    );
    const claims = tokenOn(before, POLICIES);
    const orders = permutations(refusing);
    expect(orders).toHaveLength(720);
    for (const order of orders) expect(verdict(order, claims, after)).toBe('token_revoked');
  });

  it('never accepts after a further policy what it refused before', () => {
    fc.assert(
      fc.property(token, state, fc.shuffledSubarray([...POLICIES]), (claims, now, policies) => {
        const [more, ...fewer] = policies;
        if (more === undefined || verdict(fewer, claims, now) === 'accepted') return;
        expect(verdict([...fewer, more], claims, now)).not.toBe('accepted');
        expect(verdict([more, ...fewer], claims, now)).not.toBe('accepted');
      }),
    );
  });

  it('accepts a token on the very state it was stamped on, unless that state refuses', () => {
    fc.assert(
      fc.property(state, (now) => {
        const claims = tokenOn(now, POLICIES);
        expect(verdict(EQUALITIES, claims, now)).toBe('accepted');
        const { status, suspendedUntil, validUntil, deletedAt, createdAt, passwordChangedAt } =
          now.subject.columns;
        const inGoodStanding =
          status === 'active' &&
          (suspendedUntil === null || String(suspendedUntil) === String(hours(-1))) &&
          (validUntil === null || String(validUntil) === String(hours(1))) &&
          deletedAt === null &&
          createdAt !== null &&
          String(passwordChangedAt) === String(hours(-9)) &&
          now.denials.length === 0 &&
          now.deployment.issuedBefore <= NOON;
        if (inGoodStanding) expect(verdict(POLICIES, claims, now)).toBe('accepted');
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a token without an account, with every subset of the policies and with none', () => {
    const gone = { ...stateWith(), subject: null };
    const claims = tokenOn(stateWith(), POLICIES);
    for (const subset of SUBSETS) expect(verdict(subset, claims, gone)).toBe('account_deleted');
    const replaced = {
      kind: 'subject',
      ref: 'alice',
      code: 'token_superseded',
      issuedBefore: null,
    } as const;
    expect(verdict([], claims, { ...gone, denials: [replaced] })).toBe('token_superseded');
  });

  it('takes the roles from the state and not from the token', () => {
    const claims = { ...tokenOn(stateWith()), roles: ['admin'] };
    expect(decide([], claims, stateWith())).toMatchObject({
      subject: 'alice',
      userId: '7',
      roles: ['user'],
      sessionId: 'session-1',
      tokenId: 'token-1',
      claims,
    });
  });
});

/** An order of the items that a number picks, by a linear congruential generator. */
function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  let state = seed % 0x1_0000_0000;
  return items.reduce<readonly T[]>((order, item) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return order.toSpliced((state >>> 8) % (order.length + 1), 0, item);
  }, []);
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}
