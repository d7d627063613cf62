/**
 * Tells the processes of a deployment that the log may have new rows.
 *
 * Hints may be lost, doubled, late or forged, and no decision depends on them. A hint only leads to a
 * read of the log, and the log is also read at an interval without any hint.
 */
export interface WakeUp {
  /**
   * Begins to listen. Resolves when listening works, or when the first attempt failed; it keeps trying. Never
   * rejects: a process can serve without hints.
   *
   * @param onHint called once for any number of hints; also when hints may have been missed
   */
  start(onHint: () => void): Promise<void>;
  /** Sends a hint to every process, also this one. Returns at once. If it fails, the others poll. */
  hint(): void;
  /** Stops listening; `onHint` is not called any more. */
  stop(): Promise<void>;
  /** When the last hint arrived, in milliseconds of this process's clock; `undefined` before the first. */
  readonly lastHintAt: number | undefined;
}

/** No hints: the log is read at its interval, which is enough for the promised bound. */
export const POLLING: WakeUp = {
  lastHintAt: undefined,
  start: () => Promise.resolve(),
  hint: () => undefined,
  stop: () => Promise.resolve(),
};

/** Merges all calls of one turn of the event loop into one call of the action. */
export function coalesced(action: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      action();
    });
  };
}
