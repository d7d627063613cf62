import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Observable, tap } from 'rxjs';
import type { AuthRequest } from './auth-request.js';
import { beforeHeaders } from './before-headers.js';
import { authenticatorOf } from './branded-principal.js';
import { isSafe } from './origins.js';
import { ResponseHeaders } from './response-headers.js';
import type { TokenCookies } from './token-cookies.js';
import { requestOf, responseOf } from './transports.js';

/** W3C Clear Site Data §3.1: the values are quoted strings. */
const CLEAR_SITE_DATA = ['Clear-Site-Data', '"cache", "cookies", "storage"'] as const;

const forgetful = new WeakSet<object>();

/** Whether the route of this request makes the client forget its token. Such a request gets no new one. */
export function isForgetful(request: object): boolean {
  return forgetful.has(request);
}

/**
 * Tells the browser to forget the token, unless the route fails. This alone revokes nothing: a copy of the
 * token stays valid until the server refuses it.
 *
 * It does so when the headers leave, because the handler may send the response itself.
 */
@Injectable()
export class ForgetTokenInterceptor implements NestInterceptor {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    const response = responseOf(context);
    if (request === undefined) return next.handle();
    forgetful.add(request);
    if (response === undefined) return next.handle();
    // Now, because the handler may put something else in `request.user`.
    const realms = this.cookiesOf(request);
    if (realms === 'foreign') return next.handle();
    const expired = realms.flatMap((cookies) => cookies.expired(request));
    let hasFailed = false;
    const isArranged = beforeHeaders(response, (raw, status) => {
      if (hasFailed || status >= 400) return;
      for (const cookie of expired) raw.appendHeader('Set-Cookie', cookie);
      raw.setHeader(...CLEAR_SITE_DATA);
    });
    if (!isArranged) {
      return next.handle().pipe(tap(() => forget(expired, new ResponseHeaders(response))));
    }
    return next.handle().pipe(
      tap({
        error: () => {
          hasFailed = true;
        },
      }),
    );
  }

  /**
   * The cookies of the caller's realm, if the request was authenticated. On a public route the caller is not known, nor
   * if the application put something else in `request.user`. Then those of every realm whose cookies the request
   * carries. Another site could make such a request without any cookie, and log a visitor out.
   */
  private cookiesOf(request: AuthRequest): readonly TokenCookies[] | 'foreign' {
    const own = authenticatorOf(request.user)?.cookies;
    if (own !== undefined) return [own];
    const all = [...(ofApplications.get(this.host) ?? [])];
    const found = all.length === 1 ? all : all.filter((cookies) => cookies.areIn(request));
    const isOwn = isSafe(request) || found.every(({ origins }) => origins.areOwn(request));
    return isOwn ? found : 'foreign';
  }
}

/** The cookies of the AuthModules of each application: the host of its HTTP adapter is one object in each. */
const ofApplications = new WeakMap<object, Set<TokenCookies>>();

/** Lets `@ForgetToken()` know the cookies of an AuthModule. */
export function registerCookies(application: object, cookies: TokenCookies): void {
  const all = ofApplications.get(application) ?? new Set();
  ofApplications.set(application, all.add(cookies));
}

/** Tells the browser that sent this request to forget its tokens, unless the request failed. */
export function forgetTokens(
  request: AuthRequest,
  cookies: TokenCookies,
  response: ResponseHeaders,
): void {
  forgetful.add(request);
  forget(cookies.expired(request), response);
}

function forget(expired: readonly string[], response: ResponseHeaders): void {
  if (!response.open || response.isError) return;
  response.addCookies(expired);
  response.set(...CLEAR_SITE_DATA);
}
