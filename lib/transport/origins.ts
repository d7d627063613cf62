import { CrossSiteRequestException } from '../errors/auth.exceptions.js';
import type { AuthRequest } from './auth-request.js';

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Hosts on which browsers treat plain HTTP as secure, and send secure cookies. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Protects against cross-site request forgery where a browser adds the credential by itself. It checks what
 * browsers say about the origin of a request, which pages cannot change. So there is no token to hand
 * out (OWASP CSRF Prevention: Fetch Metadata, and the origin for browsers that are too old for it).
 */
export class Origins {
  private readonly trusted: ReadonlySet<string>;

  /** @param trusted origins besides the application's own */
  constructor(trusted: readonly string[]) {
    this.trusted = new Set(trusted);
  }

  /**
   * Accepts requests from the application's own pages and from trusted origins. Refuses those that do not say
   * where they come from too: every browser says so with these methods, and other clients need no cookies.
   *
   * @throws CrossSiteRequestException (403)
   */
  require(request: Pick<AuthRequest, 'headers'>): void {
    if (!this.isOwn(request)) throw new CrossSiteRequestException();
  }

  private isOwn({ headers }: Pick<AuthRequest, 'headers'>): boolean {
    const { origin, host } = headers;
    if (typeof origin === 'string' && this.trusted.has(origin)) return true;
    const site = headers['sec-fetch-site'];
    // `none` is the user's own action, such as a bookmark. No page can cause it.
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    return typeof origin === 'string' && typeof host === 'string' && isOriginOf(origin, host);
  }
}

/** Whether the method of a request asks for no change. */
export function isSafe({ method = '' }: AuthRequest): boolean {
  return SAFE.has(method);
}

/** Whether an origin belongs to a host. Behind a proxy the scheme is unknown, so it must be a secure one. */
function isOriginOf(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: named, hostname, origin: canonical } = new URL(origin);
  if (canonical !== origin) return false;
  const isSecure = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
  return isSecure && named === host.toLowerCase();
}
