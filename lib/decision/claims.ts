/**
 * What a verified access token says.
 *
 * Registered claims keep their RFC 7519 names and units (whole seconds). The stamps of the policies
 * stand beside them under the names that each policy documents.
 */
export interface Claims {
  /** Subject: whom the token is about (RFC 7519 §4.1.2). */
  readonly sub: string;
  /** Token id, unique (RFC 7519 §4.1.7). */
  readonly jti: string;
  /** Sign-in that the token descends from; renewed tokens keep it. */
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
   * When the user proved who they are, in seconds since the epoch (OpenID Connect Core §2). In tokens of
   * the library never after `iat`.
   */
  readonly auth_time: number;
  /**
   * The id of the key that signed the token: what the verifier found, never what the payload says. Of
   * claims that are not of a token, such as the stamps a session keeps, `undefined`.
   */
  readonly kid?: string;
  /** The roles at issue: what the account has, for as long as nothing says that they changed. */
  readonly roles: readonly string[];
  /** The permissions at issue, likewise; left out where there are none. */
  readonly permissions?: readonly string[];
  /** The account's primary key as text, where `sub` is another one. */
  readonly uid?: string;
  /** The token was issued before this library came (`jwt.adopt`), and has no stamps. */
  readonly adopted?: true;
  /** The set of policies that stamped the token. */
  readonly pol?: string;
  /** The policies' stamps, and whatever else the token carries. */
  readonly [name: string]: unknown;
}
