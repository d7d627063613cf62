import type { DecisionCode, RefusalCode } from '../decision/refusal.js';

interface Happened {
  readonly at: Date;
}

/** A sign-in, told before the token that it yields. */
export interface SignedIn extends Happened {
  readonly type: 'signed_in';
  readonly userId: string;
  readonly subject: string;
  readonly sessionId: string;
}

/** A sign-in that the application or the library turned away. */
export interface SignInFailed extends Happened {
  readonly type: 'sign_in_failed';
  readonly userId?: string;
  readonly reason: SignInFailure;
}

/** Why a sign-in failed. */
export type SignInFailure = 'unknown_user' | 'wrong_password' | 'refused' | 'rate_limited';

/** An access token was made. */
export interface TokenIssued extends Happened {
  readonly type: 'token_issued';
  readonly userId: string;
  readonly subject: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly expiresAt: Date;
  /** Whether it follows on another token of the same sign-in. */
  readonly renewed: boolean;
}

/** A genuine token was used that the auth state refuses; told once per token and code. */
export interface TokenRefused extends Happened {
  readonly type: 'token_refused';
  readonly code: DecisionCode;
  readonly subject: string;
  readonly sessionId: string;
  readonly tokenId: string;
}

/** Something was taken away, and the change is committed. */
export interface Revoked extends Happened {
  readonly type:
    'token_revoked' | 'session_revoked' | 'user_revoked' | 'all_revoked' | 'subject_replaced';
  readonly userId?: string;
  /** Whose token it was, where its text was given. */
  readonly subject?: string;
  readonly sessionId?: string;
  readonly tokenId?: string;
  /** The named time; without it, everything until the revocation. */
  readonly issuedBefore?: Date;
  readonly actor?: string;
  readonly reason?: string;
}

/** A token was used whose account has other roles now than at its issue; told once per token and change. */
export interface RolesChanged extends Happened {
  readonly type: 'roles_changed';
  readonly userId: string;
  readonly subject: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Other keys were put in place of those that were in use, in this process. */
export interface KeysChanged extends Happened {
  readonly type: 'keys_changed';
  /** The ids of all of them, in order. */
  readonly kids: readonly string[];
}

/** The keys could not be loaded; those from before stay in use. Told once, until they can be again. */
export interface KeysFailed extends Happened {
  readonly type: 'keys_failed';
}

/** What a key signed is dead, in every process. */
export interface KeyWithdrawn extends Happened {
  readonly type: 'key_withdrawn';
  readonly kid: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** Of a session: a sign-in on one device. */
interface OfSession extends Happened {
  readonly userId: string;
  readonly subject: string;
  readonly sessionId: string;
}

/** Where a client is, as far as it is known. */
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
 * A refresh token was redeemed. `refresh_retried`: it had been before, within the leeway, and was
 * answered with the same successor. By whom, shows in what differs from the time before.
 * `session_reissued`: the user changed their credentials, and this session was kept with new tokens.
 */
export interface SessionRefreshed extends OfSession, Seen {
  readonly type: 'session_refreshed' | 'refresh_retried' | 'session_reissued';
  readonly differs: readonly ('ip' | 'userAgent')[];
}

/**
 * A refresh token came back that had been used: it was stolen, or its successor was. The session has ended, or,
 * where that could not be stored, ends when the token comes again, which is told again.
 */
export interface RefreshReused extends OfSession, Seen {
  readonly type: 'refresh_reused';
  /** `after_leeway`: the one before the current; `successor_used`: an older one. */
  readonly replay: 'after_leeway' | 'successor_used';
  readonly differs: readonly ('ip' | 'userAgent')[];
}

/** A genuine refresh token was used that is refused; told once per token and code. */
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

/** What the audit stream tells. */
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
