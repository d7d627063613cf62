import { CLOCK_STEP_MS } from '../../../lib/decision/time-margins.js';
import { describe, expect, it } from 'vitest';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import {
  type ResolvableClaims,
  resolveFromMemory,
} from '../../../lib/freshness/tracked/resolve-from-memory.js';
import { emptyPage } from './support/empty-page.js';
import { deploymentKey } from '../../../lib/log/deployment-row.js';

const NOW = 2_000_000;
const RULES = { policySet: 'p', generations: true };

const page = emptyPage(NOW, {
  watchingSince: 1_000_000,
  deployment: {
    generation: 'g',
    issuedBefore: 0,
    key: deploymentKey('k'),
    withdrawnKeys: new Set(['gone']),
  },
});

const claims: ResolvableClaims = {
  sub: 'alice',
  sid: 's1',
  jti: 't1',
  kid: 'k1',
  iat_ms: NOW - 10_000,
  exp: NOW / 1000 + 60,
  pol: 'p',
  gen: 'g',
};

function viewOf(): LogView {
  const view = new LogView({ maxEntries: 100, maxBacklog: 100, maxCachedStates: 100 });
  view.take(page);
  return view;
}

/** The log tells that the account has changed. */
const changeAlice = (view: LogView) =>
  view.take({
    ...page,
    unnumbered: [{ id: 'r', seq: null, kind: 'subject', ref: 'alice', code: null, seenAt: null }],
  });

const resolve = (given: Partial<ResolvableClaims>, now = NOW, view = viewOf()) =>
  resolveFromMemory(view, { ...claims, ...given }, RULES, now);

it('a token is as issued if nothing changed', () => {
  expect(resolve({})).toBe('as issued');
});

describe('is read', () => {
  it.each<[string, Partial<ResolvableClaims>]>([
    ['a token of another policy set', { pol: 'q' }],
    ['a token without one', { pol: undefined }],
    ['a token of a withdrawn key', { kid: 'gone' }],
    ['a token from before coverage', { iat_ms: 1_000_000 + CLOCK_STEP_MS - 1 }],
    ['a token of another generation', { gen: 'old' }],
    ['a token of a generation that may be newer', { gen: 'new', iat_ms: NOW - CLOCK_STEP_MS }],
  ])('%s', (_, given) => {
    expect(resolve(given)).toBeUndefined();
  });

  it('a token at its exp, even if the verifier tolerates more', () => {
    const exp = NOW / 1000 + 1;
    expect(resolve({ exp }, NOW + 999)).toBe('as issued');
    expect(resolve({ exp }, NOW + 1_000)).toBeUndefined();
  });

  it('anything, before the first page', () => {
    const view = new LogView({ maxEntries: 100, maxBacklog: 100, maxCachedStates: 100 });
    expect(resolve({}, NOW, view)).toBeUndefined();
  });
});

describe('was read once', () => {
  it('a subject that changed, and no token of it is read again', () => {
    const view = viewOf();
    changeAlice(view);
    expect(resolve({}, NOW, view)).toBeUndefined();
    view.stateCache.beginRead(claims)({
      now: NOW,
      subject: null,
      denials: [{ kind: 'token', ref: 't1', code: 'token_revoked', issuedBefore: null }],
      deployment: page.deployment,
    });
    // What denies the one token is not said of the other.
    expect(resolve({ jti: 't2', sid: 's2' }, NOW, view)).toMatchObject({ denials: [] });
    // One that does not speak for itself may be denied by rows that are gone.
    expect(resolve({ jti: 't2', sid: 's2', pol: 'q' }, NOW, view)).toBeUndefined();
  });

  it('a token from the instant of the cached read, or later, may carry a newer change', () => {
    const view = viewOf();
    changeAlice(view);
    view.stateCache.beginRead(claims)({
      now: NOW - 10_000,
      subject: null,
      denials: [],
      deployment: page.deployment,
    });
    expect(resolve({ iat_ms: NOW - 10_001 }, NOW, view)).toBeDefined();
    expect(resolve({ iat_ms: NOW - 10_000 }, NOW, view)).toBeUndefined();
  });

  it('a token of an older generation gets the cached state, with the current generation', () => {
    const view = viewOf();
    const old = { ...claims, gen: 'old' };
    view.stateCache.beginRead(old)({
      now: NOW,
      subject: null,
      denials: [],
      deployment: page.deployment,
    });
    expect(resolve({ gen: 'old' }, NOW, view)).toMatchObject({
      deployment: { generation: 'g' },
    });
    // One that may be of a newer generation than this process knows is not judged by what it knows.
    const young = { gen: 'new', iat_ms: NOW - CLOCK_STEP_MS };
    expect(resolve(young, NOW, view)).toBeUndefined();
  });
});
