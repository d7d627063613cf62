import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
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

/** What an answer has beside its status, its code and its message. */
interface AnswerRest {
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string;
  /** The value of `Retry-After`, in seconds. */
  readonly retryAfter?: string;
  /** The values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
  readonly cause?: unknown;
}

const PARAMETER = 'resource_metadata=';

/**
 * The base of every exception that answers a request: an HttpException with a stable `code` and the headers
 * that belong to the answer.
 *
 * @example `if (error instanceof AuthException) refusals.inc({ code: error.code });`
 */
export abstract class AuthException<
  Code extends AuthExceptionCode = AuthExceptionCode,
> extends HttpException {
  private answerHeaders: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie` that belong to the answer: they expire cookies that cannot be used. */
  readonly cookies: readonly string[];

  protected constructor(
    statusCode: number,
    readonly code: Code,
    message: string,
    { challenge, retryAfter, cookies = [], cause }: AnswerRest = {},
  ) {
    const error = STATUS_CODES[statusCode] ?? '';
    const body: RefusalBody = { statusCode, error, code, message };
    super(body, statusCode, { cause });
    this.cookies = cookies;
    this.answerHeaders = {
      ...(challenge === undefined ? {} : { 'WWW-Authenticate': challenge }),
      ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
    };
  }

  /** Response headers that belong to the answer. */
  get headers(): Readonly<Record<string, string>> {
    return this.answerHeaders;
  }

  /** Names the metadata of the API in the challenge, if the answer has one (RFC 9728 §5.1). */
  nameResourceMetadata(url: string): void {
    const { 'WWW-Authenticate': challenge } = this.answerHeaders;
    if (challenge === undefined || challenge.includes(PARAMETER)) return;
    const joined = challenge === 'Bearer' ? challenge : `${challenge},`;
    this.answerHeaders = {
      ...this.answerHeaders,
      'WWW-Authenticate': `${joined} ${PARAMETER}"${url}"`,
    };
  }
}

/**
 * 401. Thrown when a request is not authenticated: there is no token, it is not valid, or the auth state
 * refuses it. Carries the challenge of RFC 6750 §3.
 *
 * @example `if (error instanceof AuthenticationRefusedException && error.code === 'account_disabled') showBlocked();`
 */
export class AuthenticationRefusedException extends AuthException<RefusalCode> {
  constructor(
    readonly refusal: Refusal,
    cookies: readonly string[] = [],
  ) {
    const { code, message } = refusal;
    // RFC 6750 §3.1: no error code if the request carried no authentication information.
    const details = ` error="invalid_token"${described(message)}`;
    super(401, code, message, {
      challenge: `Bearer${code === 'token_missing' ? '' : details}`,
      cookies,
    });
  }
}

/**
 * The message as a parameter of a challenge. RFC 6750 §3 allows only ASCII, without quotes, and Node refuses to send
 * other headers. A policy of the application may write its messages in any language: then only the body has the
 * message.
 */
function described(message: string): string {
  return /^[ !#-[\]-~]*$/.test(message) ? `, error_description="${message}"` : '';
}

/**
 * 401. Thrown when the user signed in longer ago than `@FreshAuth` allows. Carries the challenge of
 * RFC 9470 §3.
 *
 * @example `if (error instanceof FreshAuthRequiredException) askForPassword({ within: error.maxAge });`
 */
export class FreshAuthRequiredException extends AuthException<'insufficient_user_authentication'> {
  /** @param maxAge how many seconds ago the user may have signed in */
  constructor(readonly maxAge: number) {
    const message = 'This needs a recent sign-in. Sign in again.';
    super(401, 'insufficient_user_authentication', message, {
      challenge: `Bearer error="insufficient_user_authentication", error_description="${message}", max_age="${maxAge}"`,
    });
  }
}

/**
 * 403. Thrown when the user is authenticated, and the current roles or permissions do not allow the route.
 *
 * @example `if (error instanceof InsufficientRoleException) return offerUpgrade();`
 */
export class InsufficientRoleException extends AuthException<'insufficient_role'> {
  constructor() {
    const message = 'The roles of this account do not allow this.';
    super(403, 'insufficient_role', message, {
      challenge: `Bearer error="insufficient_scope", error_description="${message}"`,
    });
  }
}

/**
 * 403. Thrown when a token came in a cookie, and another site made the browser send the request.
 *
 * @example `if (error instanceof CrossSiteRequestException) logger.warn('A cross-site request was refused.');`
 */
export class CrossSiteRequestException extends AuthException<'cross_site_request'> {
  constructor() {
    const message = 'This request does not come from a page of this application.';
    super(403, 'cross_site_request', message);
  }
}

/**
 * 403. Thrown by `signIn()` when the account has as many sessions as `sessions.limit` allows.
 *
 * @example `if (error instanceof SessionLimitException) return showSessions(user);`
 */
export class SessionLimitException extends AuthException<'session_limit'> {
  constructor() {
    const message = 'This account has reached its session limit. Sign out on another device first.';
    super(403, 'session_limit', message);
  }
}

/**
 * 400. Thrown by the library's routes when the body or a parameter is not valid; the message names it.
 *
 * @example `if (error instanceof InvalidRequestException) logger.debug(error.message);`
 */
export class InvalidRequestException extends AuthException<'invalid_request'> {
  constructor(message: string) {
    super(400, 'invalid_request', message);
  }
}

/**
 * 404. Thrown by the library's routes when the session or the user does not exist, or the session is
 * somebody else's.
 *
 * @example `if (error instanceof ResourceNotFoundException) return refreshList();`
 */
export class ResourceNotFoundException extends AuthException<'not_found'> {
  constructor(what: 'session' | 'user') {
    super(404, 'not_found', `There is no such ${what}.`);
  }
}

/**
 * 503. Thrown when the auth state cannot be read now, so that nobody knows whether the token still counts.
 * The database's error is the `cause`, and is not part of the answer.
 *
 * @example `if (error instanceof AuthUnavailableException) logger.error('No auth state', error.cause);`
 */
export class AuthUnavailableException extends AuthException<'auth_unavailable'> {
  constructor(cause?: unknown) {
    const message = 'Authorization could not be checked. Try again shortly.';
    super(503, 'auth_unavailable', message, { retryAfter: '1', cause });
  }
}
