import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import { ResponseHeaders } from '../transport/response-headers.js';
import type { TokenLocation } from '../transport/token-location.settings.js';
import { isHiddenFromCaches } from '../transport/token-source.js';
import { requestOf, responseOf } from '../transport/transports.js';

/**
 * Keeps responses out of shared caches if the token came in the address (RFC 6750 §2.3) or in a header of its own.
 * Such caches do not store responses to requests with an `Authorization` header (RFC 9111 §3.5). They do not recognise
 * a token elsewhere, and would answer everyone who has the address, also after the token was revoked.
 *
 * Registered only if tokens are accepted in such a place.
 */
export class KeepPrivateInterceptor implements NestInterceptor {
  constructor(private readonly from: TokenLocation) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    if (request === undefined || !isHiddenFromCaches(request, this.from)) return next.handle();
    const response = responseOf(context);
    if (response === undefined) return next.handle();
    const headers = new ResponseHeaders(response);
    // Before the handler, because it may write the response itself. After it, because it may set the header,
    // and then throw.
    const keepPrivate = () => headers.keepPrivate();
    keepPrivate();
    return next.handle().pipe(tap({ next: keepPrivate, error: keepPrivate }));
  }
}
