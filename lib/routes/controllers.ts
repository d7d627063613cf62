import {
  applyDecorators,
  type CallHandler,
  Controller,
  type ExecutionContext,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { Public } from '../decorators/access.decorators.js';
import { JwtRolesGuard } from '../guards/jwt-roles.guard.js';
import { refusalIn } from '../transport/transports.js';
import { NoteCaller } from './route-request.js';

/** A controller for routes on sessions. It brings its own guard, so that the application needs no global one. */
export function GuardedController(realm: string, path: string): ClassDecorator {
  return applyDecorators(
    Controller({ path, version: VERSION_NEUTRAL }),
    UseGuards(JwtRolesGuard.for(realm), NoteCaller),
    UseInterceptors(AnnounceRefusalsInterceptor),
  );
}

/** A controller for routes whose answers follow a standard. They need no access token, and have no version. */
export function StandardController(path?: string): ClassDecorator {
  const at = path === undefined ? {} : { path };
  return applyDecorators(
    Public(),
    Controller({ ...at, version: VERSION_NEUTRAL }),
    UseInterceptors(AnnounceRefusalsInterceptor),
  );
}

/**
 * Puts the headers of a refusal on the response before it leaves a route of the library, as guards do. It
 * stands at the route, so that interceptors and filters of the application come after it.
 */
class AnnounceRefusalsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        throw refusalIn(context, error);
      }),
    );
  }
}
