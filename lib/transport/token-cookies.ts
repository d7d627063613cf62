import { serialize, type SerializeOptions } from 'cookie';
import { Refusal } from '../decision/refusal.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import type { AuthRequest } from './auth-request.js';
import type { CookieSettings } from './cookie.settings.js';
import { Origins } from './origins.js';
import { fromCookie } from './token-source.js';

const SEVERAL = new Refusal('token_malformed', 'The request carries more than one refresh token.');

/** How a response carries tokens: in the configured cookies, or in its body. */
export type TokenTransport = 'cookies' | 'body';

/** Writes, expires and reads the cookies that carry tokens. */
export class TokenCookies {
  /** The origins whose pages may send the cookies. */
  readonly origins: Origins;

  /** @param routePath the path of the library's refresh route, as browsers see it */
  constructor(
    private readonly settings: CookieSettings,
    private readonly routePath: () => string,
  ) {
    this.origins = new Origins(settings.origins);
  }

  /** Whether a cookie can carry access tokens. */
  get carryAccess(): boolean {
    return this.settings.access !== undefined;
  }

  /** Whether a cookie can carry refresh tokens. */
  get carryRefresh(): boolean {
    return this.settings.refresh !== undefined;
  }

  /** The `Set-Cookie` values that give a browser the tokens that cookies carry. */
  carrying({ accessToken, expiresIn, refreshToken, refreshExpiresAt }: IssuedToken): string[] {
    const { access, refresh } = this.settings;
    const cookies: string[] = [];
    if (access !== undefined) cookies.push(this.cookie(access, accessToken, '/', expiresIn));
    if (refresh !== undefined && refreshToken !== undefined && refreshExpiresAt !== undefined) {
      const seconds = Math.floor((refreshExpiresAt.getTime() - Date.now()) / 1000);
      cookies.push(this.cookie(refresh.name, refreshToken, this.pathOf(refresh), seconds));
    }
    return cookies;
  }

  /** The `Set-Cookie` values that make a browser forget all tokens. */
  expired(): string[] {
    const { access, refresh } = this.settings;
    return [
      ...(access === undefined ? [] : [this.cookie(access, '', '/', 0)]),
      ...(refresh === undefined ? [] : [this.cookie(refresh.name, '', this.pathOf(refresh), 0)]),
    ];
  }

  /**
   * The refresh token that a request carries; `undefined` when there is none. Two are refused: a sibling
   * domain can set a second one, and a cookie does not say who set it (RFC 6265 §8.6).
   */
  refreshIn(request: AuthRequest): string | Refusal<'token_malformed'> | undefined {
    const { refresh } = this.settings;
    const found = refresh && fromCookie(request, refresh.name);
    return found instanceof Refusal ? SEVERAL : found;
  }

  /** Always out of reach of scripts and of plain HTTP (OWASP ASVS 5.0 V3.3). */
  private cookie(name: string, value: string, path: string, maxAge: number): string {
    const { sameSite, domain } = this.settings;
    const attributes: SerializeOptions = { path, httpOnly: true, secure: true, sameSite };
    return serialize(name, value, {
      ...attributes,
      maxAge: Math.max(0, maxAge),
      ...(domain === undefined ? {} : { domain }),
    });
  }

  private pathOf({ path }: { readonly path: string | undefined }): string {
    return path ?? this.routePath();
  }
}
