import { Refusal } from '../../decision/refusal.js';
import type { TokenCookies } from '../../transport/token-cookies.js';
import type { TokenLocation } from '../../transport/token-location.settings.js';
import { cameInCookie, cameInHeader, type TokenSource } from '../../transport/token-source.js';
import type { RouteRequest } from '../route-request.js';
import { LONGEST_REFRESH_TOKEN } from './refresh-transport.js';
import { requestBodyOf, textOf } from './request-body.js';

/** What a request to log out carries. */
export interface LogoutRequest {
  /** Not verified yet. */
  readonly access: readonly string[];
  readonly refresh: readonly string[];
  /** Why it has no access token. */
  readonly refusal: Refusal<'token_missing' | 'token_malformed'> | undefined;
  /** Why its refresh cookies are not read: there are too many. One of them may be that of the session. */
  readonly hidden: Refusal<'token_malformed'> | undefined;
  /** Whether a browser may have added the access token by itself, or would add it if it had one. */
  readonly isFromCookie: boolean;
  /** Whether a page of the application sent it. */
  readonly isOwn: boolean;
  /** Whether the access token, if it is one, shows that no other site made the browser send it. */
  readonly isInHeader: boolean;
}

/**
 * Reads a request to log out. No other site can log a visitor out. So a request from another site is refused if the
 * browser sends cookies by itself. It is also refused without cookies, because the answer would expire those that the
 * browser did not send.
 *
 * @throws CrossSiteRequestException (403)
 * @throws InvalidRequestException (400)
 */
export function logoutRequest(
  request: RouteRequest,
  {
    source,
    from,
    cookies,
  }: {
    readonly source: TokenSource;
    readonly from: TokenLocation;
    readonly cookies: TokenCookies;
  },
): LogoutRequest {
  const body = requestBodyOf(request.body, ['refreshToken']);
  const given = textOf(body, 'refreshToken', LONGEST_REFRESH_TOKEN);
  const found = source.tokenOf(request);
  const mayBeBrowser =
    found instanceof Refusal ? found.code === 'token_missing' : cameInCookie(request, from);
  const isFromCookie = cookies.areUsed && mayBeBrowser;
  if (isFromCookie && given === undefined) cookies.origins.require(request);
  const isOwn = cookies.origins.areOwn(request);
  const kept = isOwn ? cookies.refreshIn(request) : [];
  return {
    access: found instanceof Refusal ? [] : [found].flat(),
    refresh: [...(given === undefined ? [] : [given]), ...(kept instanceof Refusal ? [] : kept)],
    refusal: found instanceof Refusal ? found : undefined,
    hidden: kept instanceof Refusal ? kept : undefined,
    isFromCookie,
    isOwn,
    isInHeader: cameInHeader(request, from),
  };
}
