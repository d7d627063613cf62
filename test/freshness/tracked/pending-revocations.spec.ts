/** What open transactions concern is decided strictly until the log was read after they ended. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';

const LOOKUP = { sub: 'alice', sid: 's', jti: 't' };

describe('Holds', () => {
  let holds: PendingRevocations;
  let transaction: { isTransactionActive: boolean; isReleased: boolean };
  beforeEach(() => {
    holds = new PendingRevocations();
    transaction = { isTransactionActive: true, isReleased: false };
  });

  it.each([
    ['subject', 'alice', true],
    ['subject', 's', false],
    ['session', 's', true],
    ['session', 't', false],
    ['token', 't', true],
    ['token', 'alice', false],
    ['all', '*', true],
    ['key', 'k', true],
  ] as const)('a %s %s concerns the token: %s', (kind, ref, concerned) => {
    expect(holds.concern(LOOKUP)).toBe(false);
    holds.add({ kind, ref }, transaction);
    expect(holds.concern(LOOKUP)).toBe(concerned);
  });

  it('stays through any number of reads while the transaction is open', () => {
    holds.add({ kind: 'token', ref: 't' }, transaction);
    for (let read = 0; read < 3; read++) holds.reading()();
    expect(holds.concern(LOOKUP)).toBe(true);
  });

  it('ends with the first read that began after the transaction ended', () => {
    holds.add({ kind: 'token', ref: 't' }, transaction);
    const before = holds.reading();
    transaction.isTransactionActive = false;
    expect(holds.concern(LOOKUP)).toBe(true);
    // This one may have missed what was committed.
    before();
    expect(holds.concern(LOOKUP)).toBe(true);
    const after = holds.reading();
    expect(holds.concern(LOOKUP)).toBe(true);
    after();
    expect(holds.concern(LOOKUP)).toBe(false);
  });

  it('a read that began before is not one that began after, whichever is taken in first', () => {
    holds.add({ kind: 'token', ref: 't' }, transaction);
    const before = holds.reading();
    transaction.isTransactionActive = false;
    const after = holds.reading();
    before();
    expect(holds.concern(LOOKUP)).toBe(true);
    after();
    expect(holds.concern(LOOKUP)).toBe(false);
  });

  it('a transaction whose COMMIT failed is over once its connection is released', () => {
    holds.add({ kind: 'token', ref: 't' }, transaction);
    transaction.isReleased = true;
    holds.reading()();
    expect(holds.concern(LOOKUP)).toBe(false);
  });

  it('a read that fails ends nothing, and the one after it does', () => {
    holds.add({ kind: 'token', ref: 't' }, transaction);
    transaction.isTransactionActive = false;
    holds.reading();
    expect(holds.concern(LOOKUP)).toBe(true);
    holds.reading()();
    expect(holds.concern(LOOKUP)).toBe(false);
  });

  it('the same thing in two transactions is held until both have ended', () => {
    const other = { isTransactionActive: true, isReleased: false };
    holds.add({ kind: 'token', ref: 't' }, transaction);
    holds.add({ kind: 'token', ref: 't' }, other);
    transaction.isTransactionActive = false;
    holds.reading()();
    expect(holds.concern(LOOKUP)).toBe(true);
    other.isTransactionActive = false;
    holds.reading()();
    expect(holds.concern(LOOKUP)).toBe(false);
  });
});
