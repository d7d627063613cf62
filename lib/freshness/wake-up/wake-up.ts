/**
 * Tells the processes of a deployment that the log may have something new.
 *
 * Hints may be lost, doubled, late or forged; nothing is decided by them. Each leads to a read of
 * the log, which alone says what is so, and the log is read at an interval without any hint.
 */
export interface WakeUp {
  /**
   * Begins to listen, and resolves when that works or is known not to; it goes on trying. Does not
   * reject: a process serves without hints.
   *
   * @param onHint called after any number of hints; also when hints may have been missed
   */
  start(onHint: () => void): Promise<void>;
  /** Tells everybody, this process too. Returns at once; where it fails, the others poll. */
  hint(): void;
  /** Ends it; `onHint` is not called any more. */
  stop(): Promise<void>;
  /** When a hint last came, in milliseconds of this process's clock; `undefined` before the first. */
  readonly lastHintAt: number | undefined;
}
