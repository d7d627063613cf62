import { createParamDecorator } from '@nestjs/common';
import type { AuthRequest } from '../../transport/authenticator.js';
import { ResponseHeaders } from '../../transport/response-headers.js';
import type { SessionContext } from '../../sessions/client-info.js';

/** What the requests of both adapters have, as far as it matters to these routes. */
export interface RouteRequest extends AuthRequest {
  readonly body?: unknown;
  /** The client's address, as the application's setting of trusted proxies has it. */
  readonly ip?: string;
}

/** Where a request comes from, for the list of sessions. */
export function contextOf({ headers, ip }: RouteRequest): SessionContext {
  const userAgent = headers['user-agent'];
  return { ip, userAgent: typeof userAgent === 'string' ? userAgent : undefined };
}

/** The headers of the answer. With `@Res()` the handler would have to answer by itself. */
export const AnswerHeaders: () => ParameterDecorator = createParamDecorator((_: unknown, context) =>
  ResponseHeaders.of(context),
);
