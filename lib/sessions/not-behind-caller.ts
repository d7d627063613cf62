import type { EntityManager } from 'typeorm';
import { OWN_SHARE, OWN_TRANSACTION, transactionMistake } from '../database/open-transaction.js';
import type { SessionParts } from './session-parts.js';

/**
 * Runs work that locks a session in a transaction of the library. If the caller's open transaction holds that
 * session, the work waits for a transaction that waits for the work. That is a mistake of the caller, and no 503.
 *
 * @throws InvalidArgumentError early enough that a caller with the same deadline still receives it
 */
export async function notBehindCaller<T>(
  parts: Pick<SessionParts, 'database' | 'table' | 'timeoutMs' | 'transactions'>,
  sessionId: string,
  run: () => Promise<T>,
): Promise<T> {
  const manager = parts.transactions.find();
  if (manager === undefined) return run();
  let timer: NodeJS.Timeout | undefined;
  const mistake = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      void isHeldByCaller(parts, sessionId, manager).then((isHeld) => {
        if (isHeld) reject(transactionMistake(OWN_TRANSACTION));
      });
    }, parts.timeoutMs * OWN_SHARE);
  });
  try {
    return await Promise.race([run(), mistake]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Whether the caller can lock the session and nobody else can. Never throws: if the database does not answer, the work
 * ends by its own deadline.
 */
async function isHeldByCaller(
  { database, table }: Pick<SessionParts, 'database' | 'table'>,
  sessionId: string,
  manager: EntityManager,
): Promise<boolean> {
  const locked = () => table.find(sessionId, database.dialect.forUpdateNoWait);
  try {
    // First from outside. So the caller's transaction gets a lock only if it has it.
    if ((await database.tryTransact(locked)) !== undefined) return false;
    return (await database.join(manager, locked)) !== undefined;
  } catch {
    return false;
  }
}
