import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import type { AuthRequest } from './auth-request.js';
import { authenticatorOf } from './branded-principal.js';
import type { ResponseHeaders } from './response-headers.js';
import { requestOf, responseHeadersOf } from './transports.js';

const forgetful = new WeakSet<object>();

/** Whether the route of this request makes the client forget its token. Such a request gets no new one. */
export function isForgetful(request: object): boolean {
  return forgetful.has(request);
}

/**
 * Tells the browser to forget the token once the handler has succeeded. This alone revokes nothing: a copy
 * of the token stays valid until the server refuses it.
 */
@Injectable()
export class ForgetTokenInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    if (request === undefined) return next.handle();
    forgetful.add(request);
    return next.handle().pipe(tap(() => forgetTokens(request, responseHeadersOf(context))));
  }
}

/** Tells the browser that made the request to forget its tokens, unless the request failed. */
export function forgetTokens(request: AuthRequest, response: ResponseHeaders | undefined): void {
  if (!response?.open || response.isError) return;
  response.addCookies(authenticatorOf(request.user)?.cookies?.expired() ?? []);
  // W3C Clear Site Data §3.1: the values are quoted strings.
  response.set('Clear-Site-Data', '"cache", "cookies", "storage"');
}
