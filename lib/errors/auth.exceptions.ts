import { STATUS_CODES } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';
import type { Refusal, RefusalCode } from '../decision/refusal.js';

/** The code of every answer that refuses a request; stable. */
export type AuthExceptionCode =
  | RefusalCode
  | 'insufficient_user_authentication'
  | 'insufficient_role'
  | 'cross_site_request'
  | 'session_limit'
  | 'invalid_request'
  | 'not_found'
  | 'auth_unavailable';

/** The body of every answer that refuses a request. `code` is for programs, and stable; `message` is for people. */
export interface RefusalBody {
  readonly statusCode: number;
  /** The name of the status, such as `Unauthorized`. */
  readonly error: string;
  readonly code: AuthExceptionCode;
  readonly message: string;
}

/**
 * The base of every exception that answers a request: an HttpException with a stable `code` and the headers
 * that belong to the answer.
 *
 * ```ts
 * @Catch(AuthException)
 * export class CountRefusals extends BaseExceptionFilter<AuthException> {
 *   override catch(exception: AuthException, host: ArgumentsHost) {
 *     this.refused.inc({ code: exception.code });
 *     super.catch(exception, host);
 *   }
 * }
 * ```
 */
export abstract class AuthException<
  Code extends AuthExceptionCode = AuthExceptionCode,
> extends HttpException {
  readonly code: Code;
  /** Response headers that belong to the answer. */
  readonly headers: Readonly<Record<string, string>>;

  protected constructor(answer: {
    readonly status: HttpStatus;
    readonly code: Code;
    readonly message: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly cause?: unknown;
  }) {
    const { status, code, message, headers = {}, cause } = answer;
    const error = STATUS_CODES[status] ?? '';
    const body: RefusalBody = { statusCode: status, error, code, message };
    super(body, status, { cause });
    this.code = code;
    this.headers = headers;
  }
}

/**
 * 401. Thrown when a request is not authenticated: there is no token, it is not valid, or the auth state
 * refuses it. Carries the challenge of RFC 6750 §3.
 *
 * ```ts
 * try {
 *   await auth.signIn(user);
 * } catch (error) {
 *   if (error instanceof AuthenticationRefusedException && error.code === 'account_disabled') showBlocked();
 *   else throw error;
 * }
 * ```
 */
export class AuthenticationRefusedException extends AuthException<RefusalCode> {
  constructor(readonly refusal: Refusal) {
    const { code, message } = refusal;
    super({
      status: HttpStatus.UNAUTHORIZED,
      code,
      message,
      headers: {
        // RFC 6750 §3.1: no error code where the request carried no authentication information.
        'WWW-Authenticate':
          code === 'token_missing'
            ? 'Bearer'
            : `Bearer error="invalid_token", error_description="${message}"`,
      },
    });
  }
}

/**
 * 401. Thrown when the user signed in longer ago than `@FreshAuth` allows. Carries the challenge of
 * RFC 9470 §3.
 *
 * ```ts
 * if (error instanceof FreshAuthRequiredException) askForPassword({ within: error.maxAge });
 * ```
 */
export class FreshAuthRequiredException extends AuthException<'insufficient_user_authentication'> {
  /** @param maxAge how many seconds ago the user may have signed in */
  constructor(readonly maxAge: number) {
    const message = 'This needs a recent sign-in. Sign in again.';
    super({
      status: HttpStatus.UNAUTHORIZED,
      code: 'insufficient_user_authentication',
      message,
      headers: {
        'WWW-Authenticate': `Bearer error="insufficient_user_authentication", error_description="${message}", max_age="${maxAge}"`,
      },
    });
  }
}

/**
 * 403. Thrown when the user is authenticated, and the current roles or permissions do not allow the route.
 *
 * ```ts
 * if (error instanceof InsufficientRoleException) return offerUpgrade();
 * ```
 */
export class InsufficientRoleException extends AuthException<'insufficient_role'> {
  constructor() {
    const message = 'The roles of this account do not allow this.';
    super({
      status: HttpStatus.FORBIDDEN,
      code: 'insufficient_role',
      message,
      headers: {
        'WWW-Authenticate': `Bearer error="insufficient_scope", error_description="${message}"`,
      },
    });
  }
}

/**
 * 403. Thrown when a token came in a cookie, and another site made the browser send the request.
 *
 * ```ts
 * if (error instanceof CrossSiteRequestException) logger.warn(`Cross-site request to ${request.url}`);
 * ```
 */
export class CrossSiteRequestException extends AuthException<'cross_site_request'> {
  constructor() {
    super({
      status: HttpStatus.FORBIDDEN,
      code: 'cross_site_request',
      message: 'This request does not come from a page of this application.',
    });
  }
}

/**
 * 403. Thrown by `signIn()` when the account has as many sessions as `sessions.limit` allows.
 *
 * ```ts
 * if (error instanceof SessionLimitException) return showSessions(user);
 * ```
 */
export class SessionLimitException extends AuthException<'session_limit'> {
  constructor() {
    super({
      status: HttpStatus.FORBIDDEN,
      code: 'session_limit',
      message: 'This account has reached its session limit. Sign out on another device first.',
    });
  }
}

/**
 * 400. Thrown by the library's routes when the body or a parameter is not valid; the message names it.
 *
 * ```ts
 * if (error instanceof InvalidRequestException) logger.debug(error.message);
 * ```
 */
export class InvalidRequestException extends AuthException<'invalid_request'> {
  constructor(message: string) {
    super({ status: HttpStatus.BAD_REQUEST, code: 'invalid_request', message });
  }
}

/**
 * 404. Thrown by the library's routes when the session or the user does not exist, or the session is
 * somebody else's.
 *
 * ```ts
 * if (error instanceof ResourceNotFoundException) return refreshList();
 * ```
 */
export class ResourceNotFoundException extends AuthException<'not_found'> {
  constructor(what: 'session' | 'user') {
    super({
      status: HttpStatus.NOT_FOUND,
      code: 'not_found',
      message: `There is no such ${what}.`,
    });
  }
}

/**
 * 503. Thrown when the auth state cannot be read now, so that nobody knows whether the token still counts.
 * The database's error is the `cause`, and is not part of the answer.
 *
 * ```ts
 * if (error instanceof AuthUnavailableException) logger.error('Auth state cannot be read', error.cause);
 * ```
 */
export class AuthUnavailableException extends AuthException<'auth_unavailable'> {
  constructor(cause?: unknown) {
    super({
      status: HttpStatus.SERVICE_UNAVAILABLE,
      code: 'auth_unavailable',
      message: 'Authorization could not be checked. Try again shortly.',
      headers: { 'Retry-After': '1' },
      cause,
    });
  }
}
