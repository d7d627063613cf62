import type { AuthRequest } from './authenticator.js';
import { CrossSiteRequestException } from '../errors/auth.exceptions.js';

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Where browsers take plain HTTP for secure, and send secure cookies. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Defence against cross-site request forgery, where a browser adds the credential by itself: by what
 * browsers say of where a request comes from, and pages cannot change. There is no token to hand out or
 * to lose (OWASP CSRF Prevention: Fetch Metadata, and the origin where a browser is too old for it).
 */
export class Origins {
  private readonly trusted: ReadonlySet<string>;

  /** @param trusted origins beside the application's own */
  constructor(trusted: readonly string[]) {
    this.trusted = new Set(trusted);
  }

  /**
   * Lets pass what a page of the application's own, or of a trusted origin, has sent. A request that does not say where it comes from is refused too: every browser says so of what
   * it sends with these methods, and who is no browser has no use for cookies.
   *
   * @throws CrossSiteRequestException (403)
   */
  require(request: AuthRequest): void {
    if (!this.isOwn(request)) throw new CrossSiteRequestException();
  }

  private isOwn({ headers }: AuthRequest): boolean {
    const { origin, host } = headers;
    if (typeof origin === 'string' && this.trusted.has(origin)) return true;
    const site = headers['sec-fetch-site'];
    // `none` is the user's own doing, such as a bookmark; no page can cause it.
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    return typeof origin === 'string' && typeof host === 'string' && isOf(origin, host);
  }
}

/** Whether a request asks for nothing to be changed, by its method. */
export function isSafe({ method = '' }: AuthRequest): boolean {
  return SAFE.has(method);
}

/** Whether an origin is that of a host. Its scheme is not known behind a proxy; it must be a secure one. */
function isOf(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: named, hostname, origin: canonical } = new URL(origin);
  if (canonical !== origin) return false;
  const isSecure = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
  return isSecure && named === host.toLowerCase();
}
