import { serialize, type SerializeOptions } from 'cookie';
import type { AuthRequest } from './authenticator.js';
import { Refusal } from '../decision/refusal.js';
import type { CookieSettings } from './cookie-settings.types.js';
import { Origins } from './origins.js';
import { fromCookie } from './token-extractor.js';
import type { IssuedToken } from '../tokens/token-issuer.js';

const SEVERAL = new Refusal('token_malformed', 'The request carries more than one refresh token.');

/** How an answer carries tokens: in cookies where there are any for them, or in its body. */
export type TokenTransport = 'cookies' | 'body';

/** The cookies that carry the tokens of an instance: written, taken back, and read. */
export class TokenCookies {
  /** Whose pages may send them. */
  readonly origins: Origins;

  /** @param routePath where browsers see the library's refresh route */
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

  /** The `Set-Cookie` values that hand tokens to a browser: of those that travel in cookies. */
  carrying({ accessToken, expiresIn, refreshToken, refreshExpiresAt }: IssuedToken): string[] {
    const { access, refresh } = this.settings;
    const cookies: string[] = [];
    if (access !== undefined) cookies.push(this.made(access, accessToken, '/', expiresIn));
    if (refresh !== undefined && refreshToken !== undefined && refreshExpiresAt !== undefined) {
      const seconds = Math.floor((refreshExpiresAt.getTime() - Date.now()) / 1000);
      cookies.push(this.made(refresh.name, refreshToken, this.pathOf(refresh), seconds));
    }
    return cookies;
  }

  /** The `Set-Cookie` values that make a browser forget all of them. */
  expired(): string[] {
    const { access, refresh } = this.settings;
    return [
      ...(access === undefined ? [] : [this.made(access, '', '/', 0)]),
      ...(refresh === undefined ? [] : [this.made(refresh.name, '', this.pathOf(refresh), 0)]),
    ];
  }

  /**
   * The refresh token that a request carries; `undefined` when there is none. Of two there is none either: a
   * sibling domain can set a second one, and neither tells whose it is (RFC 6265 §8.6).
   */
  refreshIn(request: AuthRequest): string | Refusal<'token_malformed'> | undefined {
    const { refresh } = this.settings;
    const found = refresh && fromCookie(request, refresh.name);
    return found instanceof Refusal ? SEVERAL : found;
  }

  /** Out of reach of scripts and of plain HTTP, always (OWASP ASVS 5.0 V3.3). */
  private made(name: string, value: string, path: string, maxAge: number): string {
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
