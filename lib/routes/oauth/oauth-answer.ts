import type { StandardAnswer } from '../standard-answer.js';
import type { ClientFault } from './clients.js';

/** The `error` of a refusal (RFC 6749 §5.2). */
export type OAuthError = ClientFault | 'invalid_grant' | 'invalid_scope' | 'unsupported_grant_type';

/** RFC 7662 §2.2, RFC 6749 §5.1: the answers are about tokens. */
const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
/** RFC 6749 §5.2: the scheme that a client may use. */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="oauth", charset="UTF-8"' };

export function oauthAnswer(body: object | undefined): StandardAnswer {
  return { status: 200, headers: NO_STORE, body };
}

/**
 * A refusal (RFC 6749 §5.2), with the properties that every refusal of the library has. Without an exception: a filter
 * of the application would give the body another form.
 *
 * @param code the library's own code, if it says more. Default: the error
 */
export function oauthRefusal(
  error: OAuthError,
  description: string,
  code: string = error,
): StandardAnswer {
  const status = error === 'invalid_client' ? 401 : 400;
  const body = {
    error,
    error_description: description,
    statusCode: status,
    code,
    message: description,
  };
  return { status, headers: { ...NO_STORE, ...(status === 401 ? CHALLENGE : {}) }, body };
}
