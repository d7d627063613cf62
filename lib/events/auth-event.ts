import type { DecisionCode, RefusalCode } from '../decision/refusal.js';

interface Happened {
  readonly at: Date;
}

/** What every event of a session has. A session is a sign-in on one device. */
interface OfSession extends Happened {
  readonly userId: string;
  readonly subject: string;
  readonly sessionId: string;
}

/** A user signed in. Comes before the token of the sign-in. */
export interface SignedIn extends OfSession {
  readonly type: 'signed_in';
}

/** The application or the library refused a sign-in. */
export interface SignInFailed extends Happened {
  readonly type: 'sign_in_failed';
  readonly userId?: string;
  readonly reason: SignInFailure;
}

/** Why a sign-in failed. */
export type SignInFailure = 'unknown_user' | 'wrong_password' | 'refused' | 'rate_limited';

/** An access token was issued. */
export interface TokenIssued extends OfSession {
  readonly type: 'token_issued';
  readonly tokenId: string;
  readonly expiresAt: Date;
  /** Whether it renews another token of the same sign-in. */
  readonly renewed: boolean;
}

/** A genuine token was used, and the auth state refused it. Once per token and code. */
export interface TokenRefused extends Happened {
  readonly type: 'token_refused';
  readonly code: DecisionCode;
  readonly subject: string;
  readonly sessionId: string;
  readonly tokenId: string;
}

/** A revocation is committed. */
export interface Revoked extends Happened {
  readonly type:
    'token_revoked' | 'session_revoked' | 'user_revoked' | 'all_revoked' | 'subject_replaced';
  readonly userId?: string;
  /** The token's subject, when the token's text was given. */
  readonly subject?: string;
  readonly sessionId?: string;
  readonly tokenId?: string;
  /** The time that was given. Without it, all tokens until the revocation are revoked. */
  readonly issuedBefore?: Date;
  readonly actor?: string;
  readonly reason?: string;
}

/** A token was used after the roles of its account changed. Once per token and change. */
export interface RolesChanged extends Happened {
  readonly type: 'roles_changed';
  readonly userId: string;
  readonly subject: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** This process uses other keys from now on. */
export interface KeysChanged extends Happened {
  readonly type: 'keys_changed';
  /** The ids of all keys in use, in order. */
  readonly kids: readonly string[];
}

/** The keys could not be loaded; the current ones stay in use. Once, until a load succeeds again. */
export interface KeysFailed extends Happened {
  readonly type: 'keys_failed';
}

/** A key was withdrawn: every token that it signed is refused, in every process. */
export interface KeyWithdrawn extends Happened {
  readonly type: 'key_withdrawn';
  readonly kid: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** The client, as far as it is known. */
interface Seen {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** A session began. */
export interface SessionStarted extends OfSession, Seen {
  readonly type: 'session_started';
  readonly device: string | null;
  readonly expiresAt: Date;
}

/**
 * `session_refreshed`: a refresh token was redeemed. `refresh_retried`: it was redeemed again within the
 * leeway, and got the same successor. `session_reissued`: the user changed their credentials, and this session was
 * kept with new tokens.
 */
export interface SessionRefreshed extends OfSession, Seen {
  readonly type: 'session_refreshed' | 'refresh_retried' | 'session_reissued';
  /** What differs from the client that used the session before. */
  readonly differs: readonly ('ip' | 'userAgent')[];
}

/**
 * A used refresh token came back: it was stolen, or its successor was. The session has ended. If the end could not be
 * stored, the session ends when the token is used again, with another event.
 */
export interface RefreshReused extends OfSession, Seen {
  readonly type: 'refresh_reused';
  /** `after_leeway`: it is the token before the current one. `successor_used`: it is an older one. */
  readonly replay: 'after_leeway' | 'successor_used';
  readonly differs: readonly ('ip' | 'userAgent')[];
}

/** A genuine refresh token was refused. Once per token and code. */
export interface RefreshRefused extends OfSession, Seen {
  readonly type: 'refresh_refused';
  readonly code: RefusalCode;
}

/** A session was ended: by its user, an admin, a newer sign-in or a replay. */
export interface SessionEnded extends OfSession {
  readonly type: 'session_ended';
  readonly reason?: string;
  readonly actor?: string;
}

/** Every event of the audit stream, by `type`. */
export type AuthEvent =
  | SignedIn
  | SignInFailed
  | TokenIssued
  | TokenRefused
  | Revoked
  | RolesChanged
  | KeysChanged
  | KeysFailed
  | KeyWithdrawn
  | SessionStarted
  | SessionRefreshed
  | RefreshReused
  | RefreshRefused
  | SessionEnded;
