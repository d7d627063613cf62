import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthException } from '../errors/auth.exceptions.js';
import { answerIn } from './transports.js';

/**
 * Answers the library's exceptions, wherever they were thrown: by its guards, by `AuthGuard` of @nestjs/passport, or
 * by a handler that signs in. The context's transport gives the answer its form.
 */
@Catch(AuthException)
export class AuthExceptionFilter implements ExceptionFilter<AuthException> {
  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: AuthException, host: ArgumentsHost): unknown {
    return answerIn(host, exception, this.adapterHost);
  }
}
