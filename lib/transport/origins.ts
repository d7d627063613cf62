import { CrossSiteRequestException } from '../errors/auth.exceptions.js';
import type { AuthRequest } from './auth-request.js';

/** The parts of a request that say where it comes from, and where it went. */
export type OriginRequest = Pick<AuthRequest, 'headers' | 'protocol'>;

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Hosts on which browsers treat plain HTTP as secure, and send secure cookies. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Protects against cross-site request forgery if a browser adds the credential by itself. It checks what
 * browsers say about the origin of a request, which pages cannot change. So no CSRF token is needed
 * (OWASP CSRF Prevention: Fetch Metadata, and the origin for browsers that are too old for it).
 */
export class Origins {
  private readonly trusted: ReadonlySet<string>;

  /** @param trusted origins besides the application's own */
  constructor(trusted: readonly string[]) {
    this.trusted = new Set(trusted);
  }

  /**
   * Accepts requests from the application's own pages and from trusted origins. It also refuses requests that do not
   * say where they come from: every browser says so with these methods, and other clients need no cookies.
   *
   * @throws CrossSiteRequestException (403)
   */
  require(request: OriginRequest): void {
    if (!this.areOwn(request)) throw new CrossSiteRequestException();
  }

  /** Whether a request comes from the application's own pages, or from trusted origins. */
  areOwn({ headers, protocol }: OriginRequest): boolean {
    const { origin, host } = headers;
    if (typeof origin === 'string' && this.trusted.has(origin)) return true;
    const site = headers['sec-fetch-site'];
    // `none` is the user's own action, such as a bookmark. No page can cause it.
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    if (typeof origin !== 'string' || typeof host !== 'string') return false;
    return isOriginOf(origin, host, protocol);
  }
}

/** Whether the method of a request is one that changes nothing. */
export function isSafe({ method = '' }: AuthRequest): boolean {
  return SAFE.has(method);
}

/**
 * Whether an origin belongs to a host. The same host with another scheme is another origin (RFC 6454 §4). Behind a
 * proxy that ends TLS, the application must trust the proxy (`trust proxy`, `trustProxy`) to know the scheme. Until
 * then such a request is refused. If a transport's request has no scheme, the origin must be secure.
 */
function isOriginOf(origin: string, host: string, scheme: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: named, hostname, origin: canonical } = new URL(origin);
  if (canonical !== origin || named !== host.toLowerCase()) return false;
  if (scheme !== undefined && `${scheme}:` !== protocol) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}
