import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';

/** Runs before every route, on the raw request and response that both adapters have. */
export function requestMiddleware(
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  // Answers contain tokens and accounts (RFC 6749 §5.1). The console's files are small.
  response.setHeader('Cache-Control', 'no-store');
  const types = FORMS.test(request.url ?? '') ? [JSON_TYPE, FORM_TYPE] : [JSON_TYPE];
  next(hasOtherBody(request, types) ? new UnsupportedMediaTypeException(ONLY_JSON) : undefined);
}

/** The routes of OAuth take forms (RFC 6749 §3.2, RFC 7009 §2.1, RFC 7662 §2.1) and no cookies. */
const FORMS = /^\/(?:oauth\/|auth\/token$)/;
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const ONLY_JSON = 'The body must be application/json.';

/** Other types than JSON are refused. This also stops forms that another site posts with a visitor's cookies. */
function hasOtherBody({ headers }: IncomingMessage, types: readonly string[]): boolean {
  const isEmpty = (headers['content-length'] ?? '0') === '0' && !headers['transfer-encoding'];
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return !isEmpty && !types.includes(type.trim().toLowerCase());
}
