import type { AuthException } from '../errors/auth.exceptions.js';
import type { HttpResponse } from './auth-request.js';
import { beforeHeaders } from './before-headers.js';

/** RFC 9111 §5.2.2.5 and §5.2.2.7: the directive alone. With field names it covers only those fields. */
const PRIVATE = /(?:^|,)\s*(?:private|no-store)\s*(?:,|$)/i;

/** The headers of a response, while they can still be set. */
export class ResponseHeaders {
  constructor(private readonly response: HttpResponse) {}

  /** Whether headers can still be set. A handler may have answered by itself, or be streaming. */
  get open(): boolean {
    const { headersSent, sent, raw } = this.response;
    return !(headersSent || sent || raw?.headersSent);
  }

  /** Whether the response is an error, by the status set so far. */
  get isError(): boolean {
    return this.response.statusCode >= 400;
  }

  set(name: string, value: string): void {
    this.response.header(name, value);
  }

  /** RFC 6749 §5.1: no cache may keep a response with a token. */
  forbidStoring(): void {
    this.set('Cache-Control', 'no-store');
  }

  /** Keeps the response out of shared caches. A header that already does so stays as it is. */
  keepPrivate(): void {
    if (!this.open || PRIVATE.test(String(this.response.getHeader('Cache-Control')))) return;
    this.set('Cache-Control', 'private');
  }

  /** Adds cookies to those already set. Fastify's `header` adds cookies, Express's replaces them. */
  addCookies(values: readonly string[]): void {
    for (const value of values) {
      if (this.response.appendHeader === undefined) this.response.header('Set-Cookie', value);
      else this.response.appendHeader('Set-Cookie', value);
    }
  }
}

/**
 * Puts the headers of a refusal on the response before the exception is thrown. A filter of the application may answer
 * it instead of the library's filter, and need not know the challenge that a 401 must carry (RFC 9110 §11.6.1).
 */
export function announceRefusal(
  { headers, cookies }: AuthException,
  response: HttpResponse | undefined,
): void {
  const answer = response && new ResponseHeaders(response);
  if (response === undefined || !answer?.open) return;
  answer.addCookies(cookies);
  const entries = Object.entries(headers);
  for (const [name, value] of entries) response.header(name, value);
  // A guard of the application may let the request in after all.
  beforeHeaders(response, (raw, status) => {
    if (status < 400) for (const [name] of entries) raw.removeHeader(name);
  });
}
