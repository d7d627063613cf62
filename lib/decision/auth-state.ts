import type { DecisionCode } from './refusal.js';

/** What the database says now of a subject, its session and one token, as of one instant. */
export interface AuthState {
  /** The instant of the read, in milliseconds since the epoch, by the database's clock. */
  readonly now: number;
  /** The account that the token's subject names; `null` when no account answers to it. */
  readonly subject: SubjectState | null;
  /** The rows of the revocation log that name this subject, session or token. */
  readonly denials: readonly Denial[];
  readonly deployment: DeploymentState;
}

/** Auth state in which an account answers to the subject: what policies are asked about. */
export interface PresentState extends AuthState {
  readonly subject: SubjectState;
}

/** The watched columns of one account, as the application's entity would show them. */
export interface SubjectState {
  /** The primary key, as text. */
  readonly id: string;
  /** The `sub` value of the account, as text. */
  readonly subject: string;
  /** Values by property name of the user entity: the columns that the active policies name. */
  readonly columns: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** One row of the revocation log that denies something. */
export interface Denial {
  readonly kind: 'subject' | 'session' | 'token';
  /** The `sub`, `sid` or `jti` that is denied. */
  readonly ref: string;
  /** The code that the denial is refused with. */
  readonly code: DecisionCode;
  /** Denied are tokens issued before this instant (milliseconds); `null`: all of them. */
  readonly issuedBefore: number | null;
}

/** What holds for every token of one deployment and realm. */
export interface DeploymentState {
  /** Stamped at issue and compared for equality: a new one ends everything issued until now. */
  readonly generation: string;
  /** Tokens issued before this instant (milliseconds) are dead; 0 when none was named. */
  readonly issuedBefore: number;
  /** The random key of this deployment, which never leaves the server. */
  readonly key: DeploymentKey;
  /** The `kid`s of keys that were withdrawn: whatever they signed is dead. */
  readonly withdrawnKeys: ReadonlySet<string>;
}

/** Makes digests that nobody can make or check without the key, and that tell nothing of what went in. */
export interface DeploymentKey {
  /**
   * HMAC-SHA-256.
   *
   * @param purpose keeps the digests of different uses apart; end it with `\0`
   */
  digest(purpose: string, ...parts: readonly (string | Uint8Array)[]): Buffer;
}
