import type { Lookup } from '../../decision/auth-state-reader.js';
import type { Concerned, Transaction } from '../../log/propagation.js';

interface PendingRevocation extends Concerned {
  readonly transaction: Transaction;
}

/**
 * What revocations in open transactions of this process concern: decided strictly from the call on,
 * until the log has been read after the transaction ended. Between a commit and the next read of the
 * log, memory does not know of it, and the caller may rely on it already.
 */
export class PendingRevocations {
  private readonly revocations = new Set<PendingRevocation>();

  /** Whether the token, its session or its subject is held. */
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
   * A read of the log begins, which will see what was committed by then. Gives what is to be called once
   * it has been taken in.
   */
  beginRead(): () => void {
    const over = [...this.revocations].filter(
      ({ transaction }) => !transaction.isTransactionActive || transaction.isReleased,
    );
    return () => {
      for (const revocation of over) this.revocations.delete(revocation);
    };
  }
}
