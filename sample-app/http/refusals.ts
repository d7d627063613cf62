import { HttpException } from '@nestjs/common';

/** A refusal by the application itself, with the same body as every refusal. */
export class AppRefusal extends HttpException {
  constructor(
    status: number,
    error: string,
    code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super({ statusCode: status, error, code, message }, status);
  }
}

export const invalidRequest = (message: string): AppRefusal =>
  new AppRefusal(400, 'Bad Request', 'invalid_request', message);

const WRONG = 'E-mail or password is wrong.';

/** RFC 9110 §15.5.2 asks for a challenge with every 401. */
const unauthorized = (challenge: string): AppRefusal =>
  new AppRefusal(401, 'Unauthorized', 'invalid_credentials', WRONG, {
    'WWW-Authenticate': challenge,
  });

/** The request had no token, so the challenge names no error (RFC 6750 §3.1). */
export const invalidCredentials = (): AppRefusal => unauthorized('Bearer');

/** The same for a request with a token: every 401 names `invalid_token`. */
export const wrongCurrentPassword = (): AppRefusal =>
  unauthorized(`Bearer error="invalid_token", error_description="${WRONG}"`);

export const notFound = (what: string): AppRefusal =>
  new AppRefusal(404, 'Not Found', 'not_found', `There is no such ${what}.`);

export const emailTaken = (): AppRefusal =>
  new AppRefusal(409, 'Conflict', 'email_taken', 'An account with this e-mail already exists.');

/** @param milliseconds until the next attempt is allowed */
export const tooManyAttempts = (milliseconds: number): AppRefusal =>
  new AppRefusal(429, 'Too Many Requests', 'too_many_attempts', 'Too many attempts. Try later.', {
    'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1000))),
  });
