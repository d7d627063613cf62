import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashOf, newRefreshToken } from '../../lib/sessions/refresh-token.js';
import { seal, unseal } from '../../lib/sessions/sealing.js';
import { deploymentKey } from '../../lib/log/deployment-row.js';

describe('a sealed refresh token', () => {
  const sessionId = randomUUID();
  const [predecessor, successor, other] = [1, 2, 3].map(() =>
    newRefreshToken(sessionId, deploymentKey('key')),
  );
  if (!predecessor || !successor || !other) throw new Error('There are three.');
  const sealed = seal(successor, predecessor);

  it('is opened only by its predecessor', () => {
    expect(unseal(sealed, predecessor, hashOf(successor))).toEqual(successor);
    for (const key of [successor, other]) {
      expect(unseal(sealed, key, hashOf(successor))).toBeUndefined();
    }
  });

  it('is never one that is not valid', () => {
    expect(unseal(sealed, predecessor, hashOf(other))).toBeUndefined();
  });

  it('is refused if a bit of it was changed, or it was cut', () => {
    for (const at of [0, 20, sealed.length - 2]) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      expect(unseal(changed, predecessor, hashOf(successor))).toBeUndefined();
    }
    for (const text of ['', 'x', sealed.slice(0, 30)]) {
      expect(unseal(text, predecessor, hashOf(successor))).toBeUndefined();
    }
  });

  it('is different each time, and contains no usable token', () => {
    expect(seal(successor, predecessor)).not.toBe(sealed);
    expect(sealed).not.toContain(successor.secret.slice(0, 16));
  });
});
