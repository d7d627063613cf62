import type { Principal } from '../decision/principal.js';
import type { AuthRequest } from './auth-request.js';
import type { Authenticator } from './authenticator.js';

/** Lets a class put its private fields on an object that already exists. */
class Existing {
  constructor(object: object) {
    return object;
  }
}

/**
 * A private field on a principal: no code outside this class can read, write, copy or forge it. A WeakMap
 * would do the same, but its entries cost ten times as much, and cost again in every garbage collection.
 */
class BrandedPrincipal extends Existing {
  #authenticator: Authenticator;
  /** The headers of the request that it was admitted with. */
  #headers: AuthRequest['headers'] | undefined = undefined;

  constructor(principal: Principal, authenticator: Authenticator) {
    super(principal);
    this.#authenticator = authenticator;
  }

  static authenticatorOf(user: object): Authenticator | undefined {
    return #authenticator in user ? user.#authenticator : undefined;
  }

  static admit(user: object, { headers }: AuthRequest): void {
    if (#headers in user) user.#headers = headers;
  }

  static isAdmitted(user: object, { headers }: AuthRequest): boolean {
    // Only something that is not a request has no headers.
    return headers !== undefined && #headers in user && user.#headers === headers;
  }
}

/** Notes which authenticator made a principal. Nothing else can pass for one afterwards. */
export function brand(principal: Principal, authenticator: Authenticator): Principal {
  void new BrandedPrincipal(principal, authenticator);
  return principal;
}

/** The authenticator that made this principal; `undefined` if no decision made it. */
export function authenticatorOf(user: unknown): Authenticator | undefined {
  return typeof user === 'object' && user !== null
    ? BrandedPrincipal.authenticatorOf(user)
    : undefined;
}

/**
 * The principal of a request. A `user` that no decision of this library made is ignored: another strategy,
 * a middleware or a body parser may have put anything there.
 */
export function principalOf(request: AuthRequest | undefined): Principal | undefined {
  const user = request?.user;
  return isPrincipal(user) ? user : undefined;
}

/**
 * Notes that a principal was found for a request. It keeps only the headers object, which is another one for each
 * request: an application may keep the principal, and that must not keep the whole request in memory.
 */
export function admitted(principal: Principal, request: AuthRequest): void {
  BrandedPrincipal.admit(principal, request);
}

/** The principal that this authenticator found before for this same request; `undefined` otherwise. */
export function foundFor(request: AuthRequest, by: Authenticator): Principal | undefined {
  const { user } = request;
  if (!isPrincipal(user) || authenticatorOf(user) !== by) return undefined;
  return BrandedPrincipal.isAdmitted(user, request) ? user : undefined;
}

function isPrincipal(user: unknown): user is Principal {
  return authenticatorOf(user) !== undefined;
}
