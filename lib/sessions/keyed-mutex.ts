/** How many may wait for one turn. A client that means well has some tabs. */
const MOST_WAITING = 100;

/** Those with one key: how many there are, the one whose turn it is among them, and the end of the last. */
interface Queue {
  length: number;
  last: Promise<unknown>;
}

/**
 * Lets actions with the same key through one at a time, in the order in which they came.
 *
 * For uses of one session: each would hold a connection while it waits for the row's lock, and a
 * client that refreshes a hundred times at once would take the whole pool.
 */
export class KeyedMutex {
  private readonly queues = new Map<string, Queue>();

  /** Rejects where too many wait already; the action is not begun then. */
  async pass<T>(key: string, action: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(key) ?? { length: 0, last: Promise.resolve() };
    if (queue.length > MOST_WAITING) throw new Error('Too many uses of one session wait already.');
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
