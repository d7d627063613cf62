import { applyDecorators, Controller, UseInterceptors, VERSION_NEUTRAL } from '@nestjs/common';
import { Public } from '../decorators/access.decorators.js';
import { AnnounceRefusalsInterceptor } from './announce-refusals.interceptor.js';

/** A controller for routes whose answers follow a standard. They need no access token, and have no version. */
export function StandardController(path?: string): ClassDecorator {
  const at = path === undefined ? {} : { path };
  return applyDecorators(
    Public(),
    Controller({ ...at, version: VERSION_NEUTRAL }),
    UseInterceptors(AnnounceRefusalsInterceptor),
  );
}
