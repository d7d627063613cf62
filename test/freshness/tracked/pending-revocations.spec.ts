/** What open transactions concern is decided strictly until the log was read after they ended. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';

const LOOKUP = { sub: 'alice', sid: 's', jti: 't' };

describe('PendingRevocations', () => {
  let pending: PendingRevocations;
  let transaction: { isTransactionActive: boolean; isReleased: boolean };
  beforeEach(() => {
    pending = new PendingRevocations();
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
    expect(pending.concerns(LOOKUP)).toBe(false);
    pending.add({ kind, ref }, transaction);
    expect(pending.concerns(LOOKUP)).toBe(concerned);
  });

  it('stays through any number of reads while the transaction is open', () => {
    pending.add({ kind: 'token', ref: 't' }, transaction);
    for (let read = 0; read < 3; read++) pending.beginRead()();
    expect(pending.concerns(LOOKUP)).toBe(true);
  });

  it('ends with the first read that begins after the transaction has ended', () => {
    pending.add({ kind: 'token', ref: 't' }, transaction);
    const before = pending.beginRead();
    transaction.isTransactionActive = false;
    expect(pending.concerns(LOOKUP)).toBe(true);
    // This one may have missed what was committed.
    before();
    expect(pending.concerns(LOOKUP)).toBe(true);
    const after = pending.beginRead();
    expect(pending.concerns(LOOKUP)).toBe(true);
    after();
    expect(pending.concerns(LOOKUP)).toBe(false);
  });

  it('a read that began before the end does not count, even if it is applied last', () => {
    pending.add({ kind: 'token', ref: 't' }, transaction);
    const before = pending.beginRead();
    transaction.isTransactionActive = false;
    const after = pending.beginRead();
    before();
    expect(pending.concerns(LOOKUP)).toBe(true);
    after();
    expect(pending.concerns(LOOKUP)).toBe(false);
  });

  it('a transaction whose COMMIT failed is over once its connection is released', () => {
    pending.add({ kind: 'token', ref: 't' }, transaction);
    transaction.isReleased = true;
    pending.beginRead()();
    expect(pending.concerns(LOOKUP)).toBe(false);
  });

  it('a read that fails ends nothing; the next one does', () => {
    pending.add({ kind: 'token', ref: 't' }, transaction);
    transaction.isTransactionActive = false;
    pending.beginRead();
    expect(pending.concerns(LOOKUP)).toBe(true);
    pending.beginRead()();
    expect(pending.concerns(LOOKUP)).toBe(false);
  });

  it('the same revocation in two transactions is pending until both have ended', () => {
    const other = { isTransactionActive: true, isReleased: false };
    pending.add({ kind: 'token', ref: 't' }, transaction);
    pending.add({ kind: 'token', ref: 't' }, other);
    transaction.isTransactionActive = false;
    pending.beginRead()();
    expect(pending.concerns(LOOKUP)).toBe(true);
    other.isTransactionActive = false;
    pending.beginRead()();
    expect(pending.concerns(LOOKUP)).toBe(false);
  });
});
