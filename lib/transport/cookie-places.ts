import { isIP } from 'node:net';
import type { AuthRequest } from './auth-request.js';

/**
 * Where a browser keeps a cookie. Two cookies of one name in different places are two cookies, and requests
 * carry both (RFC 6265bis §5.7; CHIPS adds the partition).
 */
export interface CookiePlace {
  /** `undefined`: only for the host that set it. */
  readonly domain?: string | undefined;
  readonly path: string;
  readonly partitioned: boolean;
}

/** A place from earlier options. Without a path: every path that the cookie may have. */
export interface FormerPlace extends Omit<CookiePlace, 'path'> {
  readonly path?: string | undefined;
}

/** RFC 1034 §3.5: letters, digits and hyphens, at most 63, with no hyphen at either end. */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** A `Domain` that browsers may accept: two labels or more. The package `cookie` throws for most others. */
export const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+${LABEL}$`, 'i');
export const PATH = /^\/[\w.~!$&'()*+,:@%/-]*$/;
export const HOST_ONLY = '__Host-';

/** Keeps the headers of a response small: each place costs about 100 bytes. */
const MOST_DOMAINS = 4;

/**
 * The places in which a browser may keep a cookie from before an option changed. A request does not say where
 * its cookies are kept. So the cookie is expired at each of the paths, for the host alone, for its domain and for the
 * domains above that. The option `cookies.former` names the places that cannot be found in this way.
 *
 * @param paths other paths that the cookie may have had
 */
export function placesOf(
  name: string,
  current: CookiePlace,
  { paths, former, request }: Where,
): readonly CookiePlace[] {
  const places = new Map<string, CookiePlace>();
  const add = (place: CookiePlace) => {
    places.set(`${place.domain ?? ''};${place.path};${place.partitioned}`, place);
  };
  add(current);
  if (current.partitioned) add({ ...current, partitioned: false });
  // Browsers keep cookies of such a name in one place only (RFC 6265bis §4.1.3.2).
  if (name.startsWith(HOST_ONLY)) {
    for (const { partitioned } of former) add({ ...current, partitioned });
    return [...places.values()];
  }
  const automatic = [undefined, ...domainsOf(request)].map((domain): FormerPlace => {
    return { domain, partitioned: current.partitioned };
  });
  for (const { path: only, ...place } of [...former, ...automatic]) {
    const each = only === undefined ? [current.path, ...paths] : [only];
    for (const path of each) add({ ...place, path });
  }
  return [...places.values()];
}

interface Where {
  readonly paths: readonly string[];
  readonly former: readonly FormerPlace[];
  readonly request: Pick<AuthRequest, 'headers'> | undefined;
}

export function isSamePlace(one: CookiePlace, other: CookiePlace): boolean {
  return (
    one.domain?.toLowerCase() === other.domain?.toLowerCase() &&
    one.path === other.path &&
    one.partitioned === other.partitioned
  );
}

/** The domain of the host that a request names, and those above it. An address has none. */
function domainsOf(request: Pick<AuthRequest, 'headers'> | undefined): readonly string[] {
  const { host } = request?.headers ?? {};
  const [name = ''] = typeof host === 'string' ? host.toLowerCase().split(':') : [];
  if (!DOMAIN.test(name) || isIP(name) !== 0 || name.length > 253) return [];
  const labels = name.split('.');
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  return domains.slice(-MOST_DOMAINS);
}
