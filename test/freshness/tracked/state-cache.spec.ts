/** What was read is kept for as long as nothing newer was said, and only then. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuthState, Denial } from '../../../lib/decision/auth-state.js';
import { Overlay } from '../../../lib/freshness/tracked/overlay.js';
import { StateCache } from '../../../lib/freshness/tracked/state-cache.js';

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
  deployment: { generation: 'g', issuedBefore: 0, stampKey: 'k', withdrawnKeys: new Set() },
});

describe('StateCache', () => {
  let overlay: Overlay;
  let cache: StateCache;
  const changed = () => overlay.apply({ kind: 'subject', ref: 'alice', code: null }, 1_000_000);
  beforeEach(() => {
    overlay = new Overlay();
    cache = new StateCache(overlay, 3);
  });

  it('of a subject that changed, one reading serves each of its tokens', () => {
    changed();
    cache.beginRead(LOOKUP)(state(7));
    expect(cache.ofSubject('alice')).toMatchObject({ at: 7 });
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 7 });
    expect(cache.ofToken({ ...LOOKUP, jti: 'other' })).toBeUndefined();
  });

  it('of one that did not change, it is that token alone', () => {
    cache.beginRead(LOOKUP)(state(7));
    expect(cache.ofSubject('alice')).toBeUndefined();
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 7 });
  });

  it('of a token is nothing to another account, whose token has the same id', () => {
    cache.beginRead(LOOKUP)(state(7));
    expect(cache.ofToken({ ...LOOKUP, sub: 'bob' })).toBeUndefined();
  });

  it('what denies one token is not said of the others of its subject', () => {
    changed();
    const own = [denial('token', 't'), denial('session', 's')];
    cache.beginRead(LOOKUP)(state(7, [...own, denial('subject', 'alice')]));
    expect(cache.ofToken(LOOKUP)?.denials).toHaveLength(3);
    expect(cache.ofSubject('alice')?.denials).toEqual([denial('subject', 'alice')]);
  });

  it('a newer change makes it old', () => {
    changed();
    cache.beginRead(LOOKUP)(state(7));
    changed();
    expect([cache.ofSubject('alice'), cache.ofToken(LOOKUP)]).toEqual([undefined, undefined]);
  });

  it('a read that began before a change is not kept after it', () => {
    for (const before of [() => undefined, changed]) {
      before();
      const keep = cache.beginRead(LOOKUP);
      changed();
      keep(state(7));
      expect([cache.ofSubject('alice'), cache.ofToken(LOOKUP)]).toEqual([undefined, undefined]);
    }
  });

  it('and does not take the place of a newer one', () => {
    const keepOld = cache.beginRead(LOOKUP);
    changed();
    cache.beginRead(LOOKUP)(state(9));
    keepOld(state(7));
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 9 });
  });

  it('nor one that began before the change, when both have left memory', () => {
    const keep = cache.beginRead(LOOKUP);
    changed();
    overlay.sweep(2_000_000);
    cache.clear();
    keep(state(7));
    expect(cache.ofToken(LOOKUP)).toBeUndefined();
  });

  it('forgets, also what is being read', () => {
    cache.beginRead({ ...LOOKUP, jti: 'kept' })(state(7));
    const keep = cache.beginRead(LOOKUP);
    cache.clear();
    keep(state(7));
    expect([cache.ofToken(LOOKUP), cache.ofToken({ ...LOOKUP, jti: 'kept' })]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('a change of somebody else says nothing', () => {
    cache.beginRead(LOOKUP)(state(7));
    overlay.apply({ kind: 'subject', ref: 'bob', code: null }, 1_000_000);
    expect(cache.ofToken(LOOKUP)).toMatchObject({ at: 7 });
  });

  it('keeps no more than it is told, the latest used', () => {
    for (const jti of ['1', '2', '3', '4']) cache.beginRead({ ...LOOKUP, jti })(state(7));
    const kept = ['1', '2', '3', '4'].filter((jti) => cache.ofToken({ ...LOOKUP, jti }));
    expect(kept).toEqual(['2', '3', '4']);
  });
});
