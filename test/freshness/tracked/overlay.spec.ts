/** What the log says has changed: each entry for as long as it is needed, and no longer. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DECISION_CODES } from '../../../lib/decision/refusal.js';
import { Overlay } from '../../../lib/freshness/tracked/overlay.js';

const subject = (ref: string) => ({ kind: 'subject', ref, code: null }) as const;

describe('Overlay', () => {
  let overlay: Overlay;
  beforeEach(() => void (overlay = new Overlay()));

  it('a denied token and session keep the code of their row, whichever it is', () => {
    for (const code of DECISION_CODES) {
      overlay.apply({ kind: 'token', ref: `t ${code}`, code }, 10);
      overlay.apply({ kind: 'session', ref: `s ${code}`, code }, 10);
    }
    for (const code of DECISION_CODES) {
      expect(overlay.tokenDenial(`t ${code}`)).toBe(code);
      expect(overlay.sessionDenial(`s ${code}`)).toBe(code);
    }
  });

  it('a row without a code denies too', () => {
    overlay.apply({ kind: 'token', ref: 'x', code: null }, 10);
    overlay.apply({ kind: 'session', ref: 'x', code: null }, 10);
    expect(overlay.tokenDenial('x')).toBe('token_revoked');
    expect(overlay.sessionDenial('x')).toBe('session_ended');
  });

  it('kinds do not mix, and names are not interpreted', () => {
    overlay.apply({ kind: 'token', ref: 'x', code: null }, 10);
    expect([overlay.sessionDenial('x'), overlay.versionOf('x'), overlay.tokenDenial('X')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    overlay.apply({ kind: 'subject', ref: '__proto__', code: null }, 10);
    expect(overlay.versionOf('__proto__')).toBeDefined();
    expect(overlay.versionOf('constructor')).toBeUndefined();
  });

  it('each change of a subject has its own version, even after memory was cleared', () => {
    const versions = new Set<unknown>();
    for (let round = 0; round < 3; round++) {
      for (const ref of ['a', 'b', 'a']) {
        overlay.apply(subject(ref), 10);
        versions.add(overlay.versionOf(ref));
      }
      overlay.clear();
      expect([overlay.size, overlay.versionOf('a')]).toEqual([0, undefined]);
    }
    expect(versions.size).toBe(9);
  });

  it('ignores rows about all tokens, keys and memory', () => {
    for (const kind of ['all', 'key', 'resync'] as const) {
      overlay.apply({ kind, ref: '*', code: null }, 10);
    }
    expect(overlay.size).toBe(0);
  });

  it('an entry leaves at its instant, in each of the three maps', () => {
    overlay.apply(subject('a'), 10_000);
    overlay.apply({ kind: 'token', ref: 'a', code: null }, 10_000);
    overlay.apply({ kind: 'session', ref: 'a', code: null }, 10_000);
    overlay.apply(subject('b'), 20_000);
    overlay.sweep(9_999);
    expect(overlay.size).toBe(4);
    overlay.sweep(10_000);
    expect(overlay.size).toBe(1);
    expect(overlay.versionOf('b')).toBeDefined();
  });

  it('an entry that is named again stays for the life of its last change', () => {
    overlay.apply(subject('a'), 10_000);
    overlay.apply(subject('b'), 20_000);
    overlay.apply(subject('a'), 30_000);
    overlay.sweep(20_000);
    expect([overlay.versionOf('a'), overlay.versionOf('b')]).toEqual([
      expect.any(Number),
      undefined,
    ]);
    overlay.sweep(30_000);
    expect(overlay.size).toBe(0);
  });

  it('many leave in parts, so that no request has to wait', () => {
    for (let index = 0; index < 12_000; index++) overlay.apply(subject(`s${index}`), 10_000);
    const sizes = [1, 2, 3].map(() => {
      overlay.sweep(10_000);
      return overlay.size;
    });
    expect(sizes).toEqual([7_000, 2_000, 0]);
  });

  it('after it is cleared, nothing of any kind is left', () => {
    for (const kind of ['token', 'session', 'subject'] as const) {
      overlay.apply({ kind, ref: kind, code: null }, 10_000);
    }
    expect(overlay.size).toBe(3);
    overlay.clear();
    expect(overlay.size).toBe(0);
  });

  it('after it is cleared, an earlier instant removes no later entry', () => {
    overlay.apply(subject('a'), 10_000);
    overlay.clear();
    overlay.apply(subject('a'), 90_000);
    overlay.sweep(50_000);
    expect(overlay.versionOf('a')).toBeDefined();
  });
});
