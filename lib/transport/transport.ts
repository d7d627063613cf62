import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { AuthException } from '../errors/auth.exceptions.js';
import type { AuthRequest, HttpResponse } from './auth-request.js';
import { announceRefusal } from './response-headers.js';
import type { ExtractedToken, TokenSource } from './token-source.js';

/**
 * One way in which calls reach handlers, such as HTTP. It says everything in which transports differ: what is
 * authenticated, where the token is, where the principal goes, and how a refusal is sent. Guards,
 * `@CurrentUser()`, interceptors and the exception filter know nothing else of transports.
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
   * `jwt.from` names. It may return up to four tokens. Then the good one counts.
   */
  tokenOf(request: AuthRequest, source: TokenSource): ExtractedToken {
    return source.tokenOf(request);
  }

  /** The HTTP response, for headers and cookies. Default: `undefined`, there is none. */
  responseOf(_context: ExecutionContext): HttpResponse | undefined {
    return undefined;
  }

  /** Whether the handler is given the response, and so may send it before it returns. Default: no. */
  mayAnswerItself(_context: ExecutionContext): boolean {
    return false;
  }

  /**
   * The error that a guard throws for a refusal. Default: the exception itself, with its headers on the HTTP
   * response if there is one.
   */
  refuse(exception: AuthException, context: ExecutionContext): Error {
    announceRefusal(exception, this.responseOf(context));
    return exception;
  }

  /**
   * Answers one of the library's exceptions, which a guard, `AuthGuard` of @nestjs/passport or a handler threw.
   * The library's exception filter returns what this returns. Default: the form of Nest's own errors on `'http'`,
   * `'rpc'` and `'ws'`. In other contexts, the exception itself is returned, which GraphQL reports as an error.
   *
   * @param host what Nest gives to exception filters: it knows no class and no handler
   */
  answer?(exception: AuthException, host: ArgumentsHost, adapterHost: HttpAdapterHost): unknown;
}
