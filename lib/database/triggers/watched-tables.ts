/** The tokens that a changed row concerns. */
export type Mark =
  /** Those of the subject (or session) in the row's own column `ref`. */
  | { readonly kind: 'subject' | 'session'; readonly ref: string }
  /** Those of the user that the row belongs to. */
  | { readonly kind: 'subject'; readonly holder: Holder }
  /** Unknown, so perhaps all tokens. Processes that trust memory then read again. */
  | { readonly kind: 'resync' };

/** The way from a row to its user, and the user's column that is the subject. */
export interface Holder {
  readonly path: readonly string[];
  readonly ref: string;
  readonly on: readonly RowLink[];
}

/** A table, and which of its changes must be in the revocation log. */
export interface WatchedTable {
  /** Its name, after its schema if the application names one. */
  readonly path: readonly string[];
  /** Columns whose change counts, sorted; by the database's names. */
  readonly columns: readonly string[];
  readonly mark: Mark;
  /**
   * Whether a new row counts: always, never, or only if the log has its subject already. A new account has no
   * tokens. But a new account may have the subject of a deleted one, and must end what memory holds of that one.
   */
  readonly insert: 'always' | 'never' | 'known';
}

/** The library's own table of sessions, and the users' table: a session ends when its user is deleted. */
export interface WatchedSessions {
  readonly path: readonly string[];
  readonly users: readonly string[];
  /** The users' primary key, by the database's name. */
  readonly userId: string;
}

/** What to watch, so that every change that a decision depends on gets into the log. */
export interface WatchPlan {
  readonly realm: string;
  readonly log: readonly string[];
  readonly state: readonly string[];
  readonly tables: readonly WatchedTable[];
  /** `undefined`: the options do not enable sessions. */
  readonly sessions: WatchedSessions | undefined;
  /** The channel that PostgreSQL notifies; `undefined`: none, because PREPARE TRANSACTION does not allow NOTIFY. */
  readonly channel: string | undefined;
}

export interface RowLink {
  readonly column: string;
  readonly referred: string;
}
