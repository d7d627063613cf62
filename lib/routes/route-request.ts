import { createParamDecorator } from '@nestjs/common';
import type { SessionContext } from '../sessions/client-info.js';
import type { AuthRequest } from '../transport/auth-request.js';
import { ResponseHeaders } from '../transport/response-headers.js';

/** What these routes use of a request; the requests of both adapters have it. */
export interface RouteRequest extends AuthRequest {
  readonly body?: unknown;
  /** The client's address, by the application's setting for trusted proxies. */
  readonly ip?: string;
}

/** What the list of sessions shows about a client. */
export function contextOf({ headers, ip }: RouteRequest): SessionContext {
  const userAgent = headers['user-agent'];
  return { ip, userAgent: typeof userAgent === 'string' ? userAgent : undefined };
}

/** The headers of the response. A handler with `@Res()` would have to send the response itself. */
export const AnswerHeaders: () => ParameterDecorator = createParamDecorator((_: unknown, context) =>
  ResponseHeaders.of(context),
);
