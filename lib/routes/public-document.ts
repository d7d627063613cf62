import { createHash } from 'node:crypto';
import type { HttpAdapterHost } from '@nestjs/core';
import type { AuthRequest, HttpResponse } from '../transport/auth-request.js';
import { sendStandard } from './standard-answer.js';

/**
 * Sends a document that is the same for everybody and holds no secret. Pages of any origin may read it (Fetch
 * standard, §3.2: the request needs no credentials). A client that has it already gets a 304 (RFC 9110 §13.1.2).
 * Fastify makes no entity tags, and those of Express can be turned off.
 */
export function sendPublicDocument(
  host: HttpAdapterHost,
  { headers }: Pick<AuthRequest, 'headers'>,
  response: HttpResponse,
  body: object,
): void {
  // Weak: compression and JSON settings of the application change the bytes, but not the content.
  const tag = `W/"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
  const answered = {
    ETag: tag,
    'Cache-Control': 'public, max-age=300',
    ...crossOrigin(headers, response),
  };
  const isKnown = matches(headers['if-none-match'], tag);
  sendStandard(host, response, {
    status: isKnown ? 304 : 200,
    headers: answered,
    ...(isKnown ? {} : { body }),
  });
}

/**
 * Any origin. But if the application's own CORS settings allow credentials, what they say about the page stays: browsers
 * refuse `*` where a page sends credentials with every request (Fetch standard, "CORS protocol and credentials"). Then the response depends on
 * the origin, and caches must know.
 */
function crossOrigin(
  { origin }: AuthRequest['headers'],
  response: HttpResponse,
): Readonly<Record<string, string>> {
  if (response.getHeader('Access-Control-Allow-Credentials') === undefined) {
    return { 'Access-Control-Allow-Origin': '*' };
  }
  const isAllowed =
    typeof origin === 'string' && response.getHeader('Access-Control-Allow-Origin') === origin;
  const vary = String(response.getHeader('Vary') ?? '');
  return {
    'Access-Control-Allow-Origin': isAllowed ? origin : '*',
    Vary: /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i.test(vary)
      ? vary
      : [vary, 'Origin'].filter((name) => name !== '').join(', '),
  };
}

/** RFC 9110 §13.1.2: `*`, or a list of entity tags, compared without regard to `W/`. */
function matches(given: string | string[] | undefined, tag: string): boolean {
  if (given === undefined) return false;
  const tags = String(given).match(/"[^"]*"|\*/g) ?? [];
  return tags.some((each) => each === '*' || tag.endsWith(each));
}
