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

/** The principal of a token, with the account as it is now. */
export function principalOf(
  claims: Claims,
  userId: string,
  roles: readonly string[],
  permissions: readonly string[],
): Principal {
  const { sub: subject, sid: sessionId, jti: tokenId } = claims;
  return { subject, userId, roles, permissions, sessionId, tokenId, claims };
}
