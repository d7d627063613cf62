import { AuthDatabaseError } from '../errors/database.errors.js';
/** How many actions may wait for one key. An honest client has a few tabs. */
const MOST_WAITING = 100;

interface Queue {
  length: number;
  /** Settles when the action that came last is done. */
  last: Promise<unknown>;
}

/**
 * Runs actions with the same key one at a time, in the order in which they came.
 *
 * Without it, each refresh of a session would hold a connection while it waits for the row's lock, and a
 * client that refreshes a hundred times at once would take the whole pool.
 */
export class KeyedMutex {
  private readonly queues = new Map<string, Queue>();

  /** Rejects, and does not start the action, when too many wait already. */
  async runExclusive<T>(key: string, action: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(key) ?? { length: 0, last: Promise.resolve() };
    if (queue.length > MOST_WAITING) {
      throw new AuthDatabaseError('overloaded', 'Too many refreshes of one session are waiting.');
    }
    this.queues.set(key, queue);
    queue.length++;
    const turn = queue.last.then(action);
    queue.last = turn
      .catch(() => undefined)
      .then(() => {
        if (--queue.length === 0) this.queues.delete(key);
      });
    return turn;
  }
}
