import { serialize } from 'cookie';
import { Refusal } from '../decision/refusal.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import type { AuthRequest } from './auth-request.js';
import { type CookiePlace, isSamePlace, placesOf } from './cookie-places.js';
import type { CookieSettings } from './cookie.settings.js';
import { Origins } from './origins.js';
import { cookiesNamed, MOST_COOKIES } from './request-cookies.js';

const TOO_MANY = new Refusal('token_malformed', 'The request carries too many refresh tokens.');

/** How a response carries tokens: in the configured cookies, or in its body. */
export type TokenTransport = 'cookies' | 'body';

/** Where browsers see the library's routes that take refresh tokens. */
export interface RefreshPaths {
  readonly refresh: string;
  readonly logout: string;
}

/** What is used of a request: its cookies, and the host that it names. */
type Sent = Pick<AuthRequest, 'headers'>;

/** Writes, expires and reads the cookies that carry tokens. */
export class TokenCookies {
  /** The origins whose pages may send the cookies. */
  readonly origins: Origins;

  /** @param routes known once the application listens; `undefined`: the library serves none */
  constructor(
    private readonly settings: CookieSettings,
    private readonly routes: () => RefreshPaths | undefined,
  ) {
    this.origins = new Origins(settings.origins);
  }

  get areUsed(): boolean {
    return this.carryAccess || this.carryRefresh;
  }

  get carryAccess(): boolean {
    return this.settings.access !== undefined;
  }

  get carryRefresh(): boolean {
    return this.settings.refresh !== undefined;
  }

  /**
   * The `Set-Cookie` values that give a browser the tokens that cookies carry. If the request shows that the
   * browser may keep cookies of the same names in other places, those are expired first.
   *
   * @param stale how many cookies of one name show that. Default 2: one of them is stale. With 1, a single one may be
   */
  carrying(token: IssuedToken, request?: Sent, stale: 1 | 2 = 2): string[] {
    const { accessToken, expiresIn, refreshToken, refreshExpiresAt } = token;
    const { access, refresh } = this;
    const cookies: string[] = [];
    const add = (kind: Kind, value: string, seconds: number) => {
      const isSuspect = request !== undefined && cookiesNamed(request, kind.name).length >= stale;
      if (isSuspect) cookies.push(...this.expire(kind, request, 'others'));
      cookies.push(this.cookie(kind, kind.place, value, seconds));
    };
    if (access !== undefined) add(access, accessToken, expiresIn);
    if (refresh !== undefined && refreshToken !== undefined && refreshExpiresAt !== undefined) {
      add(refresh, refreshToken, Math.floor((refreshExpiresAt.getTime() - Date.now()) / 1000));
    }
    return cookies;
  }

  /** The `Set-Cookie` values that make a browser forget all tokens, wherever it may keep them. */
  expired(request: Sent): string[] {
    return [...this.expiredAccess(request), ...this.expiredRefresh(request)];
  }

  /** The same for access tokens. */
  expiredAccess(request: Sent): string[] {
    return this.access === undefined ? [] : this.expire(this.access, request);
  }

  /** The same for refresh tokens. */
  expiredRefresh(request: Sent): string[] {
    return this.refresh === undefined ? [] : this.expire(this.refresh, request);
  }

  /** Whether a request carries one of the cookies. */
  areIn(request: Sent): boolean {
    return [this.access, this.refresh].some(
      (kind) => kind !== undefined && cookiesNamed(request, kind.name).length > 0,
    );
  }

  /** The refresh tokens in a request's cookies. There may be several, because a browser may keep one from before. */
  refreshIn(request: Sent): readonly string[] | Refusal<'token_malformed'> {
    const { refresh } = this.settings;
    const found = refresh === undefined ? [] : cookiesNamed(request, refresh.name);
    return found.length > MOST_COOKIES ? TOO_MANY : found;
  }

  private get access(): Kind | undefined {
    const { access: name } = this.settings;
    return name === undefined ? undefined : { name, place: this.placeAt('/'), paths: [] };
  }

  private get refresh(): Kind | undefined {
    const { refresh } = this.settings;
    if (refresh === undefined) return undefined;
    const { name, path: given } = refresh;
    const routes = this.routes();
    const path = routes === undefined ? given : sharedPath(given, routes);
    // Without routes, the option was given: the check at boot requires it.
    const own = routes === undefined ? [] : [routes.refresh, sharedPath(undefined, routes)];
    const paths = ['/', ...(given === undefined ? [] : [given]), ...own];
    return { name, place: this.placeAt(path ?? '/'), paths };
  }

  private placeAt(path: string): CookiePlace {
    const { domain, partitioned } = this.settings;
    return { domain, path, partitioned };
  }

  private expire(kind: Kind, request: Sent | undefined, which: 'all' | 'others' = 'all'): string[] {
    const { former } = this.settings;
    return placesOf(kind.name, kind.place, { paths: kind.paths, former, request })
      .filter((place) => which === 'all' || !isSamePlace(place, kind.place))
      .map((place) => this.cookie(kind, place, '', 0));
  }

  /** Always out of reach of scripts and of plain HTTP (OWASP ASVS 5.0 V3.3). */
  private cookie({ name }: Kind, place: CookiePlace, value: string, maxAge: number): string {
    const { domain, path, partitioned } = place;
    return serialize(name, value, {
      path,
      httpOnly: true,
      secure: true,
      sameSite: this.settings.sameSite,
      maxAge: Math.max(0, maxAge),
      partitioned,
      ...(domain === undefined ? {} : { domain }),
    });
  }
}

/** One of the two cookies. */
interface Kind {
  readonly name: string;
  readonly place: CookiePlace;
  /** Other paths that it may have had. */
  readonly paths: readonly string[];
}

/** The path above the routes that take refresh tokens: the logout route must get the cookie as well. */
function sharedPath(given: string | undefined, { refresh, logout }: RefreshPaths): string {
  if (given !== undefined) return given.replace(/\/refresh$/, '') || '/';
  const others = logout.split('/');
  const steps = refresh.split('/');
  const apart = steps.findIndex((step, index) => step !== others[index]);
  return steps.slice(0, apart).join('/') || '/';
}
