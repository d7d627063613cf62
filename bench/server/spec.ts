/** What one server under load is, as its process is told on the command line. */
export interface ServerSpec {
  readonly adapter: 'express' | 'fastify';
  readonly guard: GuardSpec;
}

/** What stands before `GET /me`. */
export type GuardSpec =
  | { readonly kind: 'none' | 'noop' }
  /** passport-jwt as tutorials write it, with one of the usual checks in `validate()`. */
  | ({ readonly kind: 'passport'; readonly check: CheckSpec } & KeySpec)
  | ({ readonly kind: 'library' } & LibrarySpec);

/** This library, by the keys that its algorithm asks for. */
export interface LibrarySpec {
  readonly database: string;
  readonly freshness: 'strict' | 'tracked';
  /** The library's own guard, or `AuthGuard('jwt')` of @nestjs/passport. */
  readonly by: 'own' | 'passport';
  readonly algorithm: KeySpec['algorithm'] | 'EdDSA';
  /** Verified tokens that it remembers, where that is not left at its default. */
  readonly remembers?: number;
  /** How old memory may be, in milliseconds, where that is not left at its default. */
  readonly maxStaleness?: number;
}

export interface KeySpec {
  readonly algorithm: 'HS256' | 'RS256' | 'ES256';
  /** A text is made into a key again on each call; an object is made once. */
  readonly key: 'text' | 'object';
}

/** What `validate()` asks, beside the token. */
export type CheckSpec =
  | { readonly kind: 'nothing' }
  /** `findOneBy` of TypeORM, at each request or kept for a while. */
  | { readonly kind: 'row'; readonly database: string; readonly keptMs: number }
  /** A list of denied token ids in Redis. */
  | { readonly kind: 'redis'; readonly url: string }
  /** Account and denial in one hand-written statement, with pg. */
  | { readonly kind: 'statement'; readonly database: string };
