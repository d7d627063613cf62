import type { Lookup } from '../../decision/auth-state.js';
import type { Concerned, Transaction } from '../../log/propagation.js';

interface PendingRevocation extends Concerned {
  readonly transaction: Transaction;
}

/**
 * The revocations in open transactions of this process. Tokens that they concern are decided strictly, from the
 * call of `add` until the log has been read after the end of the transaction. Between a commit and the next read of
 * the log, memory does not know of the revocation, but the caller may already rely on it.
 */
export class PendingRevocations {
  private readonly revocations = new Set<PendingRevocation>();

  /** Whether a pending revocation concerns the token, its session or its subject. */
  concerns({ sub, sid, jti }: Lookup): boolean {
    if (this.revocations.size === 0) return false;
    for (const { kind, ref } of this.revocations) {
      const own =
        kind === 'token' ? jti : kind === 'session' ? sid : kind === 'subject' ? sub : ref;
      if (ref === own) return true;
    }
    return false;
  }

  add({ kind, ref }: Concerned, transaction: Transaction): void {
    this.revocations.add({ kind, ref, transaction });
  }

  /**
   * Call it when a read of the log begins: that read sees everything that was committed before. Returns a function
   * to call when the read is applied.
   */
  beginRead(): () => void {
    const ended = [...this.revocations].filter(
      ({ transaction }) => !transaction.isTransactionActive || transaction.isReleased,
    );
    return () => {
      for (const revocation of ended) this.revocations.delete(revocation);
    };
  }
}
