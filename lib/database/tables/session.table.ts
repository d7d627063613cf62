import { AuthTable, integer, longText, nullable, primary, text } from './table.js';

/**
 * One sign-in on one device. Times are milliseconds since the epoch, by the database's clock.
 *
 * An application may read it, and end a session by setting `ended_at` or by deleting the row. With the triggers
 * of `createAuthMigration({ watch })`, the session's access tokens end too.
 */
export const SESSION = new AuthTable(
  'auth_session',
  {
    /** The `sid` of its access tokens: a UUID. */
    id: primary(text(36)),
    realm: text(64),
    /** The primary key of the user, as text. */
    userId: text(255),
    /** The `sub` of the sign-in. */
    subject: text(255),
    /** The stamps of the sign-in, as JSON: a refresh is decided on them. */
    stamps: longText,
    createdAt: integer,
    lastSeenAt: integer,
    /** When it ends if it is not used until then; never later than `expires_at`. An end sets it to now. */
    idleExpiresAt: integer,
    /** The absolute end, which never changes. */
    expiresAt: integer,
    ip: nullable(text(255)),
    userAgent: nullable(text(255)),
    /** The user's name for the device. */
    device: nullable(text(255)),
    endedAt: nullable(integer),
    endedReason: nullable(text(255)),
    endedBy: nullable(text(255)),
    /** SHA-256 of the current refresh token. */
    tokenHash: text(64),
    /** SHA-256 of the refresh token before it. */
    previousHash: nullable(text(64)),
    /** The current refresh token, encrypted with a key that is derived from the refresh token before it. */
    successor: nullable(text(255)),
    rotatedAt: nullable(integer),
    /** Until when the refresh token before it is answered with `successor`; null: there is no `successor`. */
    retryUntil: nullable(integer),
  },
  {
    auth_session_user: ['realm', 'userId'],
    auth_session_idle_expires_at: ['realm', 'idleExpiresAt'],
    auth_session_retry_until: ['realm', 'retryUntil'],
  },
);
