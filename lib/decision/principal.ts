import type { Claims } from './claims.js';

/** Who makes the request, as the decision found it; attached as `request.user`. */
export interface Principal {
  /** The token's subject. */
  readonly subject: string;
  /** The account's primary key, as text. */
  readonly userId: string;
  /** The account's roles as the database has them now. */
  readonly roles: readonly string[];
  /** The account's permissions as the database has them now, before those its roles imply. */
  readonly permissions: readonly string[];
  /** The sign-in that the token descends from. */
  readonly sessionId: string;
  /** The token's id. */
  readonly tokenId: string;
  /** The token's verified claims. */
  readonly claims: Claims;
}
