/** State is cached until the log reports something newer. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuthState, Denial } from '../../../lib/decision/auth-state.js';
import { Overlay } from '../../../lib/freshness/tracked/overlay.js';
import { StateCache } from '../../../lib/freshness/tracked/state-cache.js';
import { deploymentKey } from '../../../lib/log/deployment-row.js';

const LOOKUP = { sub: 'alice', sid: 's', jti: 't' };
const denial = (kind: Denial['kind'], ref: string): Denial => ({
  kind,
  ref,
  code: 'token_revoked',
  issuedBefore: null,
});
const state = (now: number, denials: readonly Denial[] = []): AuthState => ({
  now,
  subject: { id: '1', subject: 'alice', columns: {}, roles: [], permissions: [] },
  denials,
  deployment: {
    generation: 'g',
    issuedBefore: 0,
    key: deploymentKey('k'),
    withdrawnKeys: new Set(),
  },
});

describe('StateCache', () => {
  let overlay: Overlay;
  let cache: StateCache;
  const changed = () => overlay.apply({ kind: 'subject', ref: 'alice', code: null }, 1_000_000);
  beforeEach(() => {
    overlay = new Overlay();
    cache = new StateCache(overlay, 3);
  });

  it('the cached state of a subject that changed serves all its tokens', () => {
    changed();
    cache.beginRead(LOOKUP)(state(7));
    expect(cache.ofSubject('alice')).toMatchObject({ at: 7 });
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 7 });
    expect(cache.ofToken({ ...LOOKUP, jti: 'other' })).toBeUndefined();
  });

  it('the cached state of a subject that did not change serves that token only', () => {
    cache.beginRead(LOOKUP)(state(7));
    expect(cache.ofSubject('alice')).toBeUndefined();
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 7 });
  });

  it('the state of a token does not serve another account whose token has the same id', () => {
    cache.beginRead(LOOKUP)(state(7));
    expect(cache.ofToken({ ...LOOKUP, sub: 'bob' })).toBeUndefined();
  });

  it('the denial of one token is not cached for the other tokens of its subject', () => {
    changed();
    const own = [denial('token', 't'), denial('session', 's')];
    cache.beginRead(LOOKUP)(state(7, [...own, denial('subject', 'alice')]));
    expect(cache.ofToken(LOOKUP)?.denials).toHaveLength(3);
    expect(cache.ofSubject('alice')?.denials).toEqual([denial('subject', 'alice')]);
  });

  it('a newer change makes cached state old', () => {
    changed();
    cache.beginRead(LOOKUP)(state(7));
    changed();
    expect([cache.ofSubject('alice'), cache.ofToken(LOOKUP)]).toEqual([undefined, undefined]);
  });

  it('a read that began before a change is not cached after it', () => {
    for (const before of [() => undefined, changed]) {
      before();
      const keep = cache.beginRead(LOOKUP);
      changed();
      keep(state(7));
      expect([cache.ofSubject('alice'), cache.ofToken(LOOKUP)]).toEqual([undefined, undefined]);
    }
  });

  it('it does not replace newer state', () => {
    const keepOld = cache.beginRead(LOOKUP);
    changed();
    cache.beginRead(LOOKUP)(state(9));
    keepOld(state(7));
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 9 });
  });

  it('a read that began before a change is not cached, even when the change has left memory', () => {
    const keep = cache.beginRead(LOOKUP);
    changed();
    overlay.sweep(2_000_000);
    cache.clear();
    keep(state(7));
    expect(cache.ofToken(LOOKUP)).toBeUndefined();
  });

  it('clearing also forgets reads in flight', () => {
    cache.beginRead({ ...LOOKUP, jti: 'kept' })(state(7));
    const keep = cache.beginRead(LOOKUP);
    cache.clear();
    keep(state(7));
    expect([cache.ofToken(LOOKUP), cache.ofToken({ ...LOOKUP, jti: 'kept' })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('a change of another subject has no effect', () => {
    cache.beginRead(LOOKUP)(state(7));
    overlay.apply({ kind: 'subject', ref: 'bob', code: null }, 1_000_000);
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 7 });
  });

  it('keeps no more than its limit: the entries used last', () => {
    for (const jti of ['1', '2', '3', '4']) cache.beginRead({ ...LOOKUP, jti })(state(7));
    const kept = ['1', '2', '3', '4'].filter((jti) => cache.ofToken({ ...LOOKUP, jti }));
    expect(kept).toEqual(['2', '3', '4']);
  });
});
