import {
  applyDecorators,
  Controller,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { Public } from '../decorators/access.decorators.js';
import { JwtRolesGuard } from '../guards/jwt-roles.guard.js';
import { AnnounceRefusalsInterceptor } from './announce-refusals.interceptor.js';
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
