import type { ExecutionContext } from '@nestjs/common';
import type { Refusal } from '../decision/refusal.js';
import type { AuthException } from '../errors/auth.exceptions.js';
import type { AuthRequest } from './auth-request.js';
import type { HttpResponse } from './auth-request.js';
import { announceRefusal } from './response-headers.js';
import type { TokenSource } from './token-source.js';

/**
 * One way in which calls reach handlers, such as HTTP. It says everything in which transports differ: what is
 * authenticated, where the token is, where the principal goes, and how a refusal is sent. Guards,
 * `@CurrentUser()` and interceptors know nothing else of transports.
 *
 * The library has one for HTTP. Give it others with {@link registerTransport}.
 */
export abstract class AuthTransport {
  /**
   * What is authenticated in this context: a request, an operation, a message. A decision is made once for it.
   * Its `user` holds the principal. So return the same object for every context of one operation, and
   * never the same object for two. `undefined`: nothing can be authenticated here, and the guards deny.
   */
  abstract requestOf(context: ExecutionContext): AuthRequest | undefined;

  /**
   * The token of what is authenticated, or why there is none. Default: the token in the places that
   * `jwt.from` names.
   */
  tokenOf(
    request: AuthRequest,
    source: TokenSource,
  ): string | Refusal<'token_missing' | 'token_malformed'> {
    return source.tokenOf(request);
  }

  /** The HTTP response, for headers and cookies. Default: `undefined`, there is none. */
  responseOf(_context: ExecutionContext): HttpResponse | undefined {
    return undefined;
  }

  /**
   * The error that a guard throws for a refusal. Default: the exception itself, with its headers on the HTTP
   * response if there is one.
   */
  refuse(exception: AuthException, context: ExecutionContext): Error {
    announceRefusal(exception, this.responseOf(context));
    return exception;
  }
}
