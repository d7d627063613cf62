import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';

/** Runs before every route, on the raw request and response that both adapters have. */
export function requestMiddleware(
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  // Answers hold tokens and accounts (RFC 6749 §5.1); the console's files are small.
  response.setHeader('Cache-Control', 'no-store');
  next(hasOtherBody(request) ? new UnsupportedMediaTypeException(ONLY_JSON) : undefined);
}

const ONLY_JSON = 'The body must be application/json.';

/** Refusing what is not JSON also stops forms that another site posts with a visitor's cookies. */
function hasOtherBody({ headers }: IncomingMessage): boolean {
  const isEmpty = (headers['content-length'] ?? '0') === '0' && !headers['transfer-encoding'];
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return !isEmpty && type.trim().toLowerCase() !== 'application/json';
}
