import { createParamDecorator, type PipeTransform, type Type } from '@nestjs/common';
import type { Principal } from '../decision/principal.js';
import { principalIn } from '../transport/transports.js';

type Pipe = Type<PipeTransform> | PipeTransform;

/**
 * Gives a handler the `Principal` of the request, or one property of it. Pipes may follow.
 *
 * `undefined` if nobody was authenticated: on a `@Public` route, on an `@OptionalAuth` route
 * without a good token, and on a route without a guard. A `request.user` that this library did not
 * set is `undefined` here too.
 *
 * @example
 * ```ts
 * whoami(@CurrentUser() user: Principal) {}
 * mine(@CurrentUser('userId', ParseIntPipe) id: number) {}
 * ```
 */
export const CurrentUser: (...propertyOrPipes: (keyof Principal | Pipe)[]) => ParameterDecorator =
  createParamDecorator<keyof Principal, unknown>((property, context) => {
    const principal = principalIn(context);
    return property === undefined ? principal : principal?.[property];
  });
