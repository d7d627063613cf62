/** One connection to a channel. A message published on it reaches every listener, also the sender. */
export interface Link {
  /** Resolves when it listens. */
  readonly ready: Promise<unknown>;
  publish(message: string): Promise<unknown>;
  /**
   * Publishes over another connection; used for the first message. A pooler in transaction mode delivers
   * a message to the connection that published it, and to no other.
   */
  publishElsewhere?(message: string): Promise<unknown>;
  /** Closes it at once, in any state. */
  close(): void;
}

export interface LinkListener {
  message(text: string): void;
  /** The link is lost; further calls have no effect. */
  lost(reason: string): void;
}

export type OpenLink = (listener: LinkListener) => Link;
