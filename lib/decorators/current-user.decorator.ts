import { createParamDecorator, type PipeTransform, type Type } from '@nestjs/common';
import type { Principal } from '../decision/principal.js';
import { httpRequestOf } from '../transport/http-context.js';
import { principalOf } from '../transport/branded-principal.js';

type Pipe = Type<PipeTransform> | PipeTransform;

/**
 * Hands a handler the `Principal` of the request, or one property of it; pipes may follow.
 *
 * `undefined` where nobody was authenticated: on a `@Public` route, on an `@OptionalAuth` route
 * without a good token, and on a route without a guard. Only what this library decided counts: a
 * `request.user` that something else has set is `undefined` here.
 *
 * @example
 * ```ts
 * whoami(@CurrentUser() user: Principal) {}
 * mine(@CurrentUser('userId', ParseIntPipe) id: number) {}
 * ```
 */
export const CurrentUser: (...propertyOrPipes: (keyof Principal | Pipe)[]) => ParameterDecorator =
  createParamDecorator<keyof Principal, unknown>((property, context) => {
    const principal = principalOf(httpRequestOf(context));
    return property === undefined ? principal : principal?.[property];
  });
