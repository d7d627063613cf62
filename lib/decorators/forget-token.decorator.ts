import { UseInterceptors } from '@nestjs/common';
import { ForgetTokenInterceptor } from '../transport/forget-token.interceptor.js';

/**
 * Makes the client forget its token when the route succeeds: expires the token cookie, if there is one, and
 * sends `Clear-Site-Data`. For a logout route, together with `revokeSession`.
 */
export const ForgetToken = (): MethodDecorator & ClassDecorator =>
  UseInterceptors(ForgetTokenInterceptor);
