/** How cookies carry tokens; validated at boot. */
export interface CookieSettings {
  /** The name of the cookie with the access token; `undefined`: the header carries it. */
  readonly access: string | undefined;
  /** `undefined`: bodies carry refresh tokens. */
  readonly refresh: RefreshCookie | undefined;
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** `undefined`: for the host that set them alone. */
  readonly domain: string | undefined;
  /** Origins beside the application's own whose pages may send them. */
  readonly origins: readonly string[];
}

export interface RefreshCookie {
  readonly name: string;
  /** `undefined`: that of the library's route, which is known once the application is put together. */
  readonly path: string | undefined;
}
