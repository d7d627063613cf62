import type { DecisionCode } from './refusal.js';

/** The current state of an account, a session and a token in the database, all at one instant. */
export interface AuthState {
  /** The instant of the read, in milliseconds since the epoch, by the database's clock. */
  readonly now: number;
  /** The account of the token's subject; `null`: there is none. */
  readonly subject: SubjectState | null;
  /** The rows of the revocation log that name this subject, session or token. */
  readonly denials: readonly Denial[];
  readonly deployment: DeploymentState;
}

/** Auth state with an account. Policies are asked only about such a state. */
export interface PresentState extends AuthState {
  readonly subject: SubjectState;
}

/** One account, with the columns that policies read. */
export interface SubjectState {
  /** The primary key, as text. */
  readonly id: string;
  /** The `sub` value of the account, as text. */
  readonly subject: string;
  /** The columns that the active policies name, by property name, with the values that the entity would have. */
  readonly columns: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** A row of the revocation log: it refuses a subject's tokens, a session's tokens, or one token. */
export interface Denial {
  readonly kind: 'subject' | 'session' | 'token';
  /** The `sub`, `sid` or `jti` that it refuses. */
  readonly ref: string;
  /** The code of the refusal. */
  readonly code: DecisionCode;
  /** Refuses tokens issued before this time (milliseconds); `null`: all tokens. */
  readonly issuedBefore: number | null;
}

/** The state that every token of one deployment and realm shares. */
export interface DeploymentState {
  /** Stamped into every token. A new generation refuses every token issued until now. */
  readonly generation: string;
  /** Tokens issued before this time (milliseconds) are refused; 0: no such time. */
  readonly issuedBefore: number;
  /** The random key of this deployment, which never leaves the server. */
  readonly key: DeploymentKey;
  /** The `kid`s of withdrawn keys. Every token that one of them signed is refused. */
  readonly withdrawnKeys: ReadonlySet<string>;
}

/** Makes digests. Without the key, nobody can make one, check one, or learn anything from one. */
export interface DeploymentKey {
  /**
   * HMAC-SHA-256.
   *
   * @param purpose keeps the digests of different uses apart; end it with `\0`
   */
  digest(purpose: string, ...parts: readonly (string | Uint8Array)[]): Buffer;
}

/** The identifiers of the token whose auth state is read. */
export interface Lookup {
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  /** The token is valid only if its session is stored; see {@link Claims.provisional}. */
  readonly provisional?: true | undefined;
}

/** Reads the auth state behind a token. */
export interface AuthStateReader {
  /**
   * Reads the state after this call began: from the primary, and only what is committed.
   *
   * @param sending called just before each statement that may bring the answer: the answer is newer than
   *   the last such call
   * @throws AuthUnavailableException when the state cannot be read in time
   */
  read(lookup: Lookup, sending?: () => void): Promise<AuthState>;
}
