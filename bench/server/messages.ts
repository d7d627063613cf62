/** What the measuring process asks a server, beside the load and out of its way. */
export type Question =
  /** Tokens of the users from this id on. */
  | { readonly ask: 'tokens'; readonly count: number; readonly from: number }
  /** Ends a token by the means that the server has. */
  | { readonly ask: 'revoke'; readonly token: string }
  | { readonly ask: 'usage' }
  /** Collects garbage, all of it. */
  | { readonly ask: 'collect' };

/** What a process has used since it began. */
export interface Usage {
  /** User and system time of all its threads, in microseconds. */
  readonly cpuMicros: number;
  /** Statements sent to PostgreSQL. */
  readonly statements: number;
  readonly heapBytes: number;
  /** Garbage collections; between two of them `heapBytes` only grows. */
  readonly collections: number;
}

export type Answer =
  | { readonly kind: 'tokens'; readonly tokens: readonly string[] }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The first message: the server listens, and can or cannot end tokens. */
  | { readonly kind: 'listening'; readonly port: number; readonly revokes: boolean };
