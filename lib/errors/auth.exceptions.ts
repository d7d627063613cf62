import { HttpException, HttpStatus } from '@nestjs/common';
import type { Refusal, RefusalCode } from '../decision/refusal.js';

/** The body of every refusal. `code` is stable; `message` is for people. */
export interface RefusalBody {
  readonly statusCode: number;
  readonly error: string;
  readonly code: string;
  readonly message: string;
}

/** An answer of the library's: an HttpException with a stable `code` and the headers it needs. */
export abstract class AuthException extends HttpException {
  constructor(
    status: HttpStatus,
    error: string,
    readonly code: string,
    message: string,
    /** Response headers that belong to the answer. */
    readonly headers: Readonly<Record<string, string>>,
    cause?: unknown,
  ) {
    const body: RefusalBody = { statusCode: status, error, code, message };
    super(body, status, { cause });
  }
}

/** 401: not authenticated, with the challenge of RFC 6750 §3. */
export class AuthenticationRefusedException extends AuthException {
  declare readonly code: RefusalCode;
  constructor(readonly refusal: Refusal) {
    super(HttpStatus.UNAUTHORIZED, 'Unauthorized', refusal.code, refusal.message, {
      // RFC 6750 §3.1: no error code where the request carried no authentication information.
      'WWW-Authenticate':
        refusal.code === 'token_missing'
          ? 'Bearer'
          : `Bearer error="invalid_token", error_description="${refusal.message}"`,
    });
  }
}

/** 401: authenticated, and too long ago for this route; with the challenge of RFC 9470 §3. */
export class FreshAuthRequiredException extends AuthException {
  /** @param maxAge how long ago, in seconds, the user may have proved who they are */
  constructor(readonly maxAge: number) {
    const message = 'Signing in again is needed for this.';
    super(HttpStatus.UNAUTHORIZED, 'Unauthorized', 'insufficient_user_authentication', message, {
      'WWW-Authenticate': `Bearer error="insufficient_user_authentication", error_description="${message}", max_age="${maxAge}"`,
    });
  }
}

/** 403: authenticated, and the current roles or permissions do not allow it. */
export class InsufficientRoleException extends AuthException {
  constructor() {
    super(
      HttpStatus.FORBIDDEN,
      'Forbidden',
      'insufficient_role',
      'The roles of this account do not allow this.',
      {
        'WWW-Authenticate':
          'Bearer error="insufficient_scope", error_description="The roles of this account do not allow this."',
      },
    );
  }
}

/** 403: a browser added a cookie with a token to a request that another site made it send. */
export class CrossSiteRequestException extends AuthException {
  constructor() {
    super(
      HttpStatus.FORBIDDEN,
      'Forbidden',
      'cross_site_request',
      'This request does not come from a page of this application.',
      {},
    );
  }
}

/** 403: the account has as many sessions as the options allow, and a further one was refused. */
export class SessionLimitException extends AuthException {
  constructor() {
    super(
      HttpStatus.FORBIDDEN,
      'Forbidden',
      'session_limit',
      'This account is signed in on as many devices as it may be. Sign out on one of them first.',
      {},
    );
  }
}

/** 400: the request is not one that a route of the library takes; the message names the member. */
export class InvalidRequestException extends AuthException {
  constructor(message: string) {
    super(HttpStatus.BAD_REQUEST, 'Bad Request', 'invalid_request', message, {});
  }
}

/** 404: a route of the library was asked for something that is not there, or is somebody else's. */
export class ResourceNotFoundException extends AuthException {
  constructor(what: 'session' | 'user') {
    super(HttpStatus.NOT_FOUND, 'Not Found', 'not_found', `There is no such ${what}.`, {});
  }
}

/** 503: the auth state cannot be known now. */
export class AuthUnavailableException extends AuthException {
  constructor(cause?: unknown) {
    super(
      HttpStatus.SERVICE_UNAVAILABLE,
      'Service Unavailable',
      'auth_unavailable',
      'Whether this request is allowed cannot be found out now. Try again shortly.',
      { 'Retry-After': '1' },
      cause,
    );
  }
}
