/**
 * Lets actions with the same key through one at a time, in the order in which they came.
 *
 * For uses of one session: each would hold a connection while it waits for the row's lock, and a
 * client that refreshes a hundred times at once would take the whole pool.
 */
export class Turnstile {
  private readonly last = new Map<string, Promise<unknown>>();

  pass<T>(key: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(key) ?? Promise.resolve()).then(action);
    const settled: Promise<unknown> = turn
      .catch(() => undefined)
      .then(() => {
        if (this.last.get(key) === settled) this.last.delete(key);
      });
    this.last.set(key, settled);
    return turn;
  }
}
