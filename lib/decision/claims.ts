/**
 * The claims of a verified access token.
 *
 * Registered claims have their RFC 7519 names and units (whole seconds). Beside them are the stamps of the policies,
 * under the names that each policy documents.
 */
export interface Claims {
  /** Subject: the account (RFC 7519 §4.1.2). */
  readonly sub: string;
  /** Token id, unique (RFC 7519 §4.1.7). */
  readonly jti: string;
  /** The id of the sign-in. Renewed and refreshed tokens keep it. */
  readonly sid: string;
  /** Issued at, in seconds since the epoch (RFC 7519 §4.1.6). */
  readonly iat: number;
  /** Expires at, in seconds since the epoch (RFC 7519 §4.1.4). */
  readonly exp: number;
  /** Not before, in seconds since the epoch (RFC 7519 §4.1.5); the library's own tokens have none. */
  readonly nbf?: number;
  /** Issued at, in milliseconds of the database's clock: two instants within a second stay apart. */
  readonly iat_ms: number;
  /**
   * When the user proved who they are, in seconds since the epoch (OpenID Connect Core §2). In the library's
   * own tokens it is never after `iat`.
   */
  readonly auth_time: number;
  /**
   * The application that the token was issued to (RFC 9068 §2.2): `jwt.clientId` at issue. Tokens from before
   * the library wrote it have none.
   */
  readonly client_id?: string | undefined;
  /**
   * The id of the key that signed the token, from the verifier and never from the payload. `undefined` for claims
   * that are not from a token, such as the stamps of a session.
   */
  readonly kid?: string;
  /** The account's roles at issue. They count as current until a change of them is known. */
  readonly roles: readonly string[];
  /** The account's permissions at issue, in the same way. Absent when there are none. */
  readonly permissions?: readonly string[];
  /** The account's primary key as text, when `sub` is another value. */
  readonly uid?: string;
  /** The token was issued before this library was installed (`jwt.adopt`), and has no stamps. */
  readonly adopted?: true;
  /**
   * The token was issued inside an open transaction of the application, which may have been rolled back since.
   * So every decision on it reads the state, and its session must be stored. Tokens that are renewed or refreshed
   * later do not have it.
   */
  readonly provisional?: true | undefined;
  /** The set of policies that stamped the token. */
  readonly pol?: string;
  /** The policies' stamps, and the application's own claims. */
  readonly [name: string]: unknown;
}

/** The claims that have a meaning of their own. The compiler holds the list against {@link Claims}. */
const OWN = {
  sub: true,
  jti: true,
  sid: true,
  iat: true,
  exp: true,
  nbf: true,
  iat_ms: true,
  auth_time: true,
  client_id: true,
  kid: true,
  roles: true,
  permissions: true,
  uid: true,
  adopted: true,
  provisional: true,
  pol: true,
} as const satisfies Record<NamedClaim, true>;

type NamedClaim = keyof {
  [Name in keyof Claims as string extends Name ? never : Name]: true;
};

/** Claims that no stamp may replace: these, what is checked before anybody sees claims, and what is no name. */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  ...Object.keys(OWN),
  'iss',
  'aud',
  'realm',
  '__proto__',
]);
