import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import type { Principal } from '../decision/principal.js';
import { beforeHeaders } from './before-headers.js';
import { authenticatorOf } from './branded-principal.js';
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
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    const response = responseOf(context);
    if (request === undefined) return next.handle();
    forgetful.add(request);
    if (response === undefined) return next.handle();
    // Now, because the handler may put something else in `request.user`.
    const cookies = authenticatorOf(request.user)?.cookies;
    let hasFailed = false;
    const isArranged = beforeHeaders(response, (raw, status) => {
      if (hasFailed || status >= 400) return;
      for (const cookie of cookies?.expired() ?? []) raw.appendHeader('Set-Cookie', cookie);
      raw.setHeader(...CLEAR_SITE_DATA);
    });
    if (!isArranged) {
      return next.handle().pipe(tap(() => forget(cookies, new ResponseHeaders(response))));
    }
    return next.handle().pipe(
      tap({
        error: () => {
          hasFailed = true;
        },
      }),
    );
  }
}

/** Tells the browser of this caller to forget its tokens, unless the request failed. */
export function forgetTokens(caller: Principal, response: ResponseHeaders): void {
  forget(authenticatorOf(caller)?.cookies, response);
}

function forget(cookies: TokenCookies | undefined, response: ResponseHeaders): void {
  if (!response.open || response.isError) return;
  response.addCookies(cookies?.expired() ?? []);
  response.set(...CLEAR_SITE_DATA);
}
