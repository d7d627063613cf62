/** The tokens that a changed row concerns. */
export type Mark =
  /** Those of the subject (or session) in the row's own column `ref`. */
  | { readonly kind: 'subject' | 'session'; readonly ref: string }
  /** Those of the subject of the user that the row belongs to. */
  | { readonly kind: 'subject'; readonly holder: Holder }
  /** Unknown, so perhaps all: processes that trust memory read again. */
  | { readonly kind: 'resync' };

/** The way from a row to its user, and the user's column that is the subject. */
export interface Holder {
  readonly path: readonly string[];
  readonly ref: string;
  readonly on: readonly RowLink[];
}

/** A table, and the changes of it that the revocation log must have. */
export interface WatchedTable {
  /** Its name, after its schema where the application names one. */
  readonly path: readonly string[];
  /** Columns whose change counts, sorted; by the database's names. */
  readonly columns: readonly string[];
  readonly mark: Mark;
  /**
   * Whether a new row counts: always, never, or only where the log has its subject already. A new account has
   * no tokens. But an account with the subject of a deleted one must end what memory holds of the old one.
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

/** Everything that must be watched so that the log has every change that a decision depends on. */
export interface WatchPlan {
  readonly realm: string;
  readonly log: readonly string[];
  readonly state: readonly string[];
  readonly tables: readonly WatchedTable[];
  /** `undefined`: the options have none. */
  readonly sessions: WatchedSessions | undefined;
  /** The channel that PostgreSQL notifies; `undefined`: none, as PREPARE TRANSACTION needs it. */
  readonly channel: string | undefined;
}

export interface RowLink {
  readonly column: string;
  readonly referred: string;
}
