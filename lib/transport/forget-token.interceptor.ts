import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import type { AuthRequest } from './auth-request.js';
import { authenticatorOf } from './branded-principal.js';
import { httpRequestOf } from './http-context.js';
import { ResponseHeaders } from './response-headers.js';

const forgetful = new WeakSet<object>();

/** Whether the route of this request makes the client forget its token: it must not get another. */
export function isForgetful(request: object): boolean {
  return forgetful.has(request);
}

/**
 * Client-side removal: tells the browser to forget the token once the handler has succeeded. By
 * itself it revokes nothing; a copy of the token lives on until the server refuses it.
 */
@Injectable()
export class ForgetTokenInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = httpRequestOf(context);
    if (request === undefined) return next.handle();
    forgetful.add(request);
    return next.handle().pipe(tap(() => forgetTokens(request, ResponseHeaders.of(context))));
  }
}

/** Tells the browser that made the request to forget the tokens it has, unless that failed. */
export function forgetTokens(request: AuthRequest, response: ResponseHeaders): void {
  if (!response.open || response.isError) return;
  response.addCookies(authenticatorOf(request.user)?.cookies?.expired() ?? []);
  // W3C Clear Site Data §3.1; the values are quoted strings.
  response.set('Clear-Site-Data', '"cache", "cookies", "storage"');
}
