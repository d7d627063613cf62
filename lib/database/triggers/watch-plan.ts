/** Whom a changed row concerns. */
export type Mark =
  /** The subject (or session) that the row names itself, in the column `ref`. */
  | { readonly kind: 'subject' | 'session'; readonly ref: string }
  /** The subject of the user that the row belongs to. */
  | { readonly kind: 'subject'; readonly holder: Holder }
  /** Nobody knows: whoever trusts memory begins anew. */
  | { readonly kind: 'resync' };

/** The way from a row to its user, and the user's column that is the subject. */
export interface Holder {
  readonly path: readonly string[];
  readonly ref: string;
  readonly on: readonly RowLink[];
}

/** A table, and what happens in it that the revocation log must tell. */
export interface WatchedTable {
  /** Its name, behind that of its schema where the application names one. */
  readonly path: readonly string[];
  /** Columns whose change counts, sorted; by the database's names. */
  readonly columns: readonly string[];
  readonly mark: Mark;
  /**
   * Whether a new row counts: always, never, or only where the log knows its subject already. A new
   * account has no tokens; one that takes the place of a deleted one must end what memory says of that.
   */
  readonly insert: 'always' | 'never' | 'known';
}

/** The library's own table of sessions, and the table whose rows they end with. */
export interface WatchedSessions {
  readonly path: readonly string[];
  readonly users: readonly string[];
  /** The users' primary key, by the database's name. */
  readonly userId: string;
}

/** All that must be watched so that the log tells every change that a decision depends on. */
export interface WatchPlan {
  readonly realm: string;
  /** The library's tables. */
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
