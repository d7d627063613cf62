/** One connection on which what is published comes back to everybody who listens, the sender too. */
export interface Link {
  /** Settles when it listens. */
  readonly ready: Promise<unknown>;
  publish(message: string): Promise<unknown>;
  /**
   * The same over another connection, for the first message. A pooler in transaction mode hands what
   * is published on a connection back to it, and to it alone.
   */
  publishElsewhere?(message: string): Promise<unknown>;
  /** Ends it at once, whatever state it is in. */
  close(): void;
}

/** What a link tells. */
export interface LinkListener {
  message(text: string): void;
  /** It is over; more calls mean nothing. */
  lost(reason: string): void;
}

/** Begins to connect. */
export type OpenLink = (listener: LinkListener) => Link;
