import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { StampValue } from '../decision/policy.js';
import type { Duration } from '../validation/duration.js';
import type { CustomClaims } from './custom-claims.js';

/** Short life with renewal while in use. */
export interface RenewalOptions {
  /** The share of its life after which a used token is renewed, above 0 and below 1. Default 0.5. */
  readonly after?: number;
  /** How long after the sign-in a token can still be renewed. Default `'12h'`. */
  readonly maxAge?: Duration;
  /** The response header that carries the renewed token. Default `'X-Renewed-Token'`; with a token cookie, the cookie. */
  readonly header?: string;
}

/** Signature algorithms (RFC 7518 §3.1; EdDSA with Ed25519: RFC 8037 §3.1). */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

/** One key of several, or a file of them. Exactly one of the options but `kid` and `algorithm` says what it is. */
export interface KeyOptions {
  /** Names the key in tokens. Default: its thumbprint (RFC 7638); of a secret, a digest keyed with it. */
  readonly kid?: string;
  /** The one algorithm of this key. Default: that of its type, or `HS256`. */
  readonly algorithm?: Algorithm;
  /** HS*: the shared secret. */
  readonly secret?: string | Uint8Array | KeyObject;
  /** The private key, as PEM, JWK or key object. Signs and verifies. */
  readonly privateKey?: string | KeyObject | JsonWebKey;
  /** The public key, as PEM, JWK or key object. Without a private key it only verifies. */
  readonly publicKey?: string | KeyObject | JsonWebKey;
  /** Any of these as a JWK (RFC 7517), which may say its own `kid` and `alg`. */
  readonly jwk?: JsonWebKey;
  /** The path of a PEM, a JWK or a JWK Set. Read at boot and at each reload. */
  readonly file?: string;
}

/** Fetches the keys of an instance, in order: the first that can sign signs. */
export type KeyProvider = () => readonly KeyOptions[] | Promise<readonly KeyOptions[]>;

/** How access tokens are signed and verified. */
export interface TokenOptions {
  /**
   * HS*: the shared secret, at least as many bytes as the hash has (RFC 7518 §3.2): 32 for HS256.
   * Text is taken as UTF-8.
   */
  readonly secret?: string | Uint8Array | KeyObject;
  /** RS*, PS*, ES*, EdDSA: the private key, as PEM, JWK or key object. Signs. */
  readonly privateKey?: string | KeyObject | JsonWebKey;
  /** The public key, as PEM, JWK or key object. Default: that of the private key. */
  readonly publicKey?: string | KeyObject | JsonWebKey;
  /** The one algorithm of this key. Default `HS256` with a secret, `RS256`, `ES256`, … or `EdDSA` by key type. */
  readonly algorithm?: Algorithm;
  /**
   * Several keys, in place of one: the first that can sign signs, all of them verify, each by its
   * `kid`. A list, or a function that fetches one from a vault: it is called at boot, by
   * `KeyService.reload()`, and when a token names a key that is not known.
   */
  readonly keys?: readonly KeyOptions[] | KeyProvider;
  /**
   * How often keys that a provider or files give are loaded anew, so that a key that was removed there
   * is removed here. Default `'5m'`, `'1s'` to `'24h'`.
   */
  readonly reloadKeys?: Duration;
  /** `iss` of every token: issued with it, refused without it. */
  readonly issuer: string;
  /** `aud` of every token: issued with it, refused without it. */
  readonly audience: string;
  /** Lifetime of an access token. Default `'15m'`. */
  readonly accessTokenTtl?: Duration;
  /**
   * The longest life that a token is accepted with, whoever signed it. Default `'24h'`, at least
   * `accessTokenTtl` and what other processes of the deployment have for it.
   */
  readonly maxTokenTtl?: Duration;
  /** Claims of your own, which `signIn` is given. Default: none. */
  readonly claims?: CustomClaims;
  /** How far clocks of issuer and verifier may differ. Default `'10s'`, at most 300 s. */
  readonly clockTolerance?: Duration;
  /**
   * Signs each user's tokens with a key derived from the secret and these properties of the user
   * entity, such as `['passwordHash']`. HS* only. The row is needed to verify, so the database is
   * asked before the signature is checked.
   */
  readonly deriveKeyFrom?: readonly string[];
  /**
   * Accepts tokens that were issued before this library came, until a date; judged on state read at each
   * request. Default: they are refused.
   */
  readonly adopt?: AdoptOptions;
  /**
   * Remembers tokens that were verified, so that a signature is checked once and not at each request;
   * `false`: it is checked at each. Expiry and every policy are judged at each request in any case.
   * Never with `deriveKeyFrom`.
   */
  readonly verifiedTokenCache?: false | VerifiedTokenCacheOptions;
}

/** How many verified tokens a process remembers. The one used longest ago is dropped first. */
export interface VerifiedTokenCacheOptions {
  /** Tokens at the most, 1 to 1,000,000. Default 10,000. */
  readonly maxEntries?: number;
  /** Memory at the most, in bytes, 64 KiB to 4 GiB. A token takes about 1.6 KB. Default 32 MiB. */
  readonly maxBytes?: number;
}

/** Tokens from before this library came: how they look, and until when they are accepted. */
export interface AdoptOptions {
  /** From here on they are refused: a Date, or ISO 8601 text with a zone. At most 400 days ahead. */
  readonly until: Date | string;
  /** Their `iss`; `false`: they have none. Default: `jwt.issuer`. */
  readonly issuer?: string | false;
  /** Their `aud`; `false`: they have none. Default: `jwt.audience`. */
  readonly audience?: string | false;
  /** `typ` of their header, which they may lack. Default `'JWT'`. */
  readonly typ?: string;
  /** The claim that names the account: text, or a whole number. Default `'sub'`. */
  readonly subject?: string;
  /**
   * The key in `jwt.keys` that signed them; they need not name it, and none of another key is adopted.
   * Default: the one that they name, or the only one of the algorithm.
   */
  readonly kid?: string;
  /**
   * Whether a genuine token of that issuer and audience is an access token, and not one to refresh, to
   * confirm an address or to reset a password. Only `true` lets it in; where it throws, the token is refused.
   * `() => true` where that key signed no others.
   */
  readonly isAccessToken: (payload: Readonly<Record<string, unknown>>) => boolean;
  /** What they are taken to have been stamped with. Default `{ ver: 0 }`, with which the column begins. */
  readonly stamps?: Readonly<Record<string, StampValue>>;
  /** Names of policies that leave them alone, because they cannot judge without their stamp: `['boundTo']`. */
  readonly ignoring?: readonly string[];
}
