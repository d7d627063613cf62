import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { ObjectLiteral } from 'typeorm';
import type { StampValue } from '../decision/policy.js';
import type { PropertyPath } from '../users/property-path.js';
import type { Duration } from '../validation/duration.js';
import type { CustomClaims } from './custom-claims.js';

/** Renews short-lived tokens while they are in use. */
export interface RenewalOptions {
  /** The share of its life after which a used token is renewed, above 0 and below 1. Default 0.5. */
  readonly after?: number;
  /** How long after the sign-in a token can still be renewed. Default `'12h'`. */
  readonly maxAge?: Duration;
  /** The response header with the renewed token. Default `'X-Renewed-Token'`. A token from a cookie is renewed in the cookie. */
  readonly header?: string;
}

/** Signature algorithms (RFC 7518 §3.1; EdDSA with Ed25519: RFC 8037 §3.1). */
export type Algorithm = `${'HS' | 'RS' | 'PS' | 'ES'}${256 | 384 | 512}` | 'EdDSA';

/** One of several keys, or a file of them. Give exactly one of the options besides `kid` and `algorithm`. */
export interface KeyOptions {
  /** Names the key in tokens. Default: its thumbprint (RFC 7638), or for a secret a digest keyed with it. */
  readonly kid?: string;
  /** The one algorithm of this key. Default `HS256` with a secret, `RS256`, `ES256`, … or `EdDSA` by key type. */
  readonly algorithm?: Algorithm;
  /**
   * HS*: the shared secret, at least as many bytes as the hash has (RFC 7518 §3.2): 32 for HS256.
   * Text is taken as UTF-8.
   */
  readonly secret?: string | Uint8Array | KeyObject;
  /** RS*, PS*, ES*, EdDSA: the private key, as PEM, JWK or key object. Signs and verifies. */
  readonly privateKey?: string | KeyObject | JsonWebKey;
  /** The public key, likewise. Without a private key it only verifies. Default: that of the private key. */
  readonly publicKey?: string | KeyObject | JsonWebKey;
  /** Any of these as a JWK (RFC 7517), which may have its own `kid` and `alg`. */
  readonly jwk?: JsonWebKey;
  /** The path of a PEM, a JWK or a JWK Set. Read at boot and at each reload. */
  readonly file?: string;
}

/** Loads the keys, in order: the first that can sign signs. */
export type KeyProvider = () => readonly KeyOptions[] | Promise<readonly KeyOptions[]>;

/** How access tokens are signed and verified. */
export interface TokenOptions<User extends ObjectLiteral = ObjectLiteral> extends Pick<
  KeyOptions,
  'secret' | 'privateKey' | 'publicKey' | 'algorithm'
> {
  /**
   * Several keys in place of one: the first that can sign signs, and all of them verify, each by its
   * `kid`. A list, or a function that loads one, for example from a vault. It is called at boot, at the
   * interval of `reloadKeys`, by `KeyService.reload()`, and when a token names an unknown key.
   */
  readonly keys?: readonly KeyOptions[] | KeyProvider;
  /**
   * How often keys from a function or from files are loaded again, so that a key removed there is removed
   * here. Default `'5m'`, from `'1s'` to `'24h'`.
   */
  readonly reloadKeys?: Duration;
  /** `iss` of every token. A token with another one is refused. */
  readonly issuer: string;
  /** `aud` of every token. A token without it is refused. */
  readonly audience: string;
  /**
   * `client_id` of every token, which RFC 9068 §2.2 requires: the application that signs users in. 1 to 200
   * ASCII characters. Default: `audience`, because the application is the only client of its own API. Never a
   * subject: to some resource servers, `sub` equal to `client_id` says that there is no user (RFC 9068 §5).
   * Tokens with another one are accepted, so you may change it.
   */
  readonly clientId?: string;
  /** Lifetime of an access token. Default `'15m'`. */
  readonly accessTokenTtl?: Duration;
  /**
   * The longest accepted lifetime of a token, whichever key signed it. Default `'24h'`. At least `accessTokenTtl`, in
   * this process and in every other process of the deployment.
   */
  readonly maxTokenTtl?: Duration;
  /** Your own claims, whose values `signIn` takes. Default: none. */
  readonly claims?: CustomClaims;
  /** How far clocks of issuer and verifier may differ. Default `'10s'`, at most 300 s. */
  readonly clockTolerance?: Duration;
  /**
   * Signs each user's tokens with a key derived from the secret and these properties of the user
   * entity, such as `['passwordHash']`. HS* only. Each verification needs the user's row, so the database
   * is read before the signature is checked.
   */
  readonly deriveKeyFrom?: readonly PropertyPath<User>[];
  /**
   * Accepts tokens that were issued before this library was installed, until a date. They are judged on state
   * read on each request. Default: they are refused.
   */
  readonly adopt?: AdoptOptions;
  /**
   * Remembers verified tokens, so that a signature is checked once and not on every request. `false`: it is
   * checked on every request. Expiry and policies are always judged on every request. Not used with
   * `deriveKeyFrom`.
   */
  readonly verifiedTokenCache?: false | VerifiedTokenCacheOptions;
}

/** How many verified tokens a process remembers. The least recently used one is dropped first. */
export interface VerifiedTokenCacheOptions {
  /** At most so many tokens, 1 to 1,000,000. Default 10,000. */
  readonly maxEntries?: number;
  /** At most so many bytes, 64 KiB to 4 GiB. A token takes about 1.6 KB. Default 32 MiB. */
  readonly maxBytes?: number;
}

/** Tokens that were issued before this library was installed: how they look, and until when they are accepted. */
export interface AdoptOptions {
  /** They are refused from this instant on: a Date, or ISO 8601 text with a zone. At most 400 days ahead. */
  readonly until: Date | string;
  /** Their `iss`. `false`: they have none. Default: `jwt.issuer`. */
  readonly issuer?: string | false;
  /** Their `aud`. `false`: they have none. Default: `jwt.audience`. */
  readonly audience?: string | false;
  /** The `typ` in their header, if they have one. Default `'JWT'`. */
  readonly typ?: string;
  /** The claim that names the account: text, or a whole number. Default `'sub'`. */
  readonly subject?: string;
  /**
   * The key in `jwt.keys` that signed them. They need not name it, and tokens of other keys are not adopted.
   * Default: the key that they name, or the only one of their algorithm.
   */
  readonly kid?: string;
  /**
   * Whether a genuine token of that issuer and audience is an access token, and not one to refresh, to
   * confirm an address or to reset a password. Only `true` accepts it. If the function throws, the token is
   * refused. Use `() => true` if that key signed no other tokens.
   */
  readonly isAccessToken: (payload: Readonly<Record<string, unknown>>) => boolean;
  /** The stamps that they are assumed to carry. Default `{ ver: 0 }`, the first value of the column. */
  readonly stamps?: Readonly<Record<string, StampValue>>;
  /** Names of policies that ignore them, because they cannot judge without their stamp: `['boundTo']`. */
  readonly ignoring?: readonly string[];
}
