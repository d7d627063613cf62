import type { HttpAdapterHost } from '@nestjs/core';
import type { HttpResponse } from '../transport/auth-request.js';

/** An answer whose form a standard fixes. */
export interface StandardAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined`: none. */
  readonly body?: object | undefined;
}

/**
 * Sends the answer from the handler, whose parameter is `@Res()`. So interceptors of the application that change what
 * handlers return do not change it: clients of these routes know only the standard.
 */
export function sendStandard(
  { httpAdapter }: HttpAdapterHost,
  response: HttpResponse,
  { status, headers, body }: StandardAnswer,
): void {
  for (const [name, value] of Object.entries(headers)) response.header(name, value);
  httpAdapter.reply(response, body, status);
}
