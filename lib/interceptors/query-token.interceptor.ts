import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import { httpRequestOf } from '../transport/http-context.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import type { TokenLocation } from '../transport/token-location.js';
import { cameInQuery } from '../transport/token-source.js';

/**
 * Keeps answers to requests with a token in their address out of shared caches (RFC 6750 §2.3). Those keep
 * what comes with an `Authorization` header to themselves; of a token in an address they know nothing, and
 * would answer whoever has it, also when it was revoked.
 *
 * There is one only where tokens are looked for in the address.
 */
export class QueryTokenInterceptor implements NestInterceptor {
  constructor(private readonly from: TokenLocation) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = httpRequestOf(context);
    if (request === undefined || !cameInQuery(request, this.from)) return next.handle();
    const response = ResponseHeaders.of(context);
    // Before, for handlers that write the answer themselves; after, for what handlers set, also those that
    // then throw.
    const keepPrivate = () => response.keepPrivate();
    keepPrivate();
    return next.handle().pipe(tap({ next: keepPrivate, error: keepPrivate }));
  }
}
