import type { Principal } from '../decision/principal.js';
import type { RoleHierarchy } from '../decision/role-hierarchy.js';
import type { TokenCookies } from './token-cookies.js';

/** What the guards need of a request; both adapters' requests have it. */
export interface AuthRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values as they were sent, one after the other. */
  readonly rawHeaders?: readonly string[];
  /** Node's own request, where the adapter has one of its own. */
  readonly raw?: { readonly rawHeaders?: readonly string[] };
  /** Path and query string, as they were sent. */
  readonly url?: string;
  user?: unknown;
}

/**
 * The request path of one instance of the module: extract, verify, read state, decide.
 * An abstract class, so that it serves as its own injection token.
 */
export abstract class Authenticator {
  /** The realm of this AuthModule. */
  abstract readonly realm: string;
  /** What roles mean in this instance. */
  abstract readonly roles: RoleHierarchy;
  /** The cookies that carry tokens, where there are any. */
  readonly cookies?: TokenCookies | undefined;
  /**
   * Who makes this request.
   *
   * @param freshness `'strict'`: on state read after the request arrived, whatever the instance's mode
   * @throws CrossSiteRequestException (403) another site made the browser send it, with the token's cookie
   * @throws AuthenticationRefusedException (401) no token, a bad one, or one that the auth state refuses
   * @throws AuthUnavailableException (503) the auth state cannot be known now
   */
  abstract authenticate(request: AuthRequest, freshness?: 'strict'): Principal | Promise<Principal>;
}

/** Lets a class put its private fields on an object that is there already. */
class Existing {
  constructor(object: object) {
    return object;
  }
}

/**
 * A private field on a principal: no code outside this class can read, write, copy or forge it. A
 * WeakMap says the same, but an entry costs ten times as much, and every garbage collection again.
 */
class BrandedPrincipal extends Existing {
  #authenticator: Authenticator;
  /** The headers of the request that it was admitted with. */
  #headers: AuthRequest['headers'] | undefined = undefined;

  constructor(principal: Principal, authenticator: Authenticator) {
    super(principal);
    this.#authenticator = authenticator;
  }

  static voucherOf(user: object): Authenticator | undefined {
    return #authenticator in user ? user.#authenticator : undefined;
  }

  static admit(user: object, { headers }: AuthRequest): void {
    if (#headers in user) user.#headers = headers;
  }

  static isAdmitted(user: object, { headers }: AuthRequest): boolean {
    // Only what is no request has none.
    return headers !== undefined && #headers in user && user.#headers === headers;
  }
}

/** Notes, once, which instance made a principal, so that nothing else can pass for one. */
export function brand(principal: Principal, authenticator: Authenticator): Principal {
  void new BrandedPrincipal(principal, authenticator);
  return principal;
}

/** The instance that made this principal; `undefined` for anything that a decision did not make. */
export function authenticatorOf(user: unknown): Authenticator | undefined {
  return typeof user === 'object' && user !== null ? BrandedPrincipal.voucherOf(user) : undefined;
}

/**
 * Notes that a principal was found for a request. By the request's headers, an object that each request has
 * to itself: a principal that an application keeps must not keep the whole request.
 */
export function admitted(principal: Principal, request: AuthRequest): void {
  BrandedPrincipal.admit(principal, request);
}

/** What an instance found for this very request before; `undefined` for what it found for another one. */
export function foundFor(request: AuthRequest, by: Authenticator): Principal | undefined {
  const { user } = request;
  return isVouchedFor(user, by) && BrandedPrincipal.isAdmitted(user, request) ? user : undefined;
}

function isVouchedFor(user: unknown, by: Authenticator): user is Principal {
  return authenticatorOf(user) === by;
}
