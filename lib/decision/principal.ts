import type { Claims } from './claims.js';

/** Who makes the request. Attached as `request.user`. */
export interface Principal {
  /** The token's subject. */
  readonly subject: string;
  /** The account's primary key, as text. */
  readonly userId: string;
  /** The account's current roles. */
  readonly roles: readonly string[];
  /** The account's own current permissions, without those of its roles. */
  readonly permissions: readonly string[];
  /** The id of the sign-in. Renewed and refreshed tokens keep it. */
  readonly sessionId: string;
  /** The token's id. */
  readonly tokenId: string;
  /** The token's verified claims. */
  readonly claims: Claims;
}
