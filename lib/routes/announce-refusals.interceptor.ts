import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { refusalIn } from '../transport/transports.js';

/**
 * Puts the headers of a refusal on the response before it leaves a route of the library, as guards do. It
 * stands at the route, so that interceptors and filters of the application come after it.
 */
export class AnnounceRefusalsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        throw refusalIn(context, error);
      }),
    );
  }
}
