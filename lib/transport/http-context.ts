import type { ArgumentsHost } from '@nestjs/common';
import type { AuthRequest } from './auth-request.js';
import type { AuthException } from '../errors/auth.exceptions.js';

/** What the responses of both adapters have in common. */
interface HeaderWriter {
  header(name: string, value: string): unknown;
}

/**
 * The HTTP request; `undefined` on every other transport. There `switchToHttp().getRequest()` would
 * yield whatever comes first: on RPC the payload, which the sender wrote.
 */
export function httpRequestOf(host: ArgumentsHost): AuthRequest | undefined {
  return host.getType() === 'http' ? host.switchToHttp().getRequest<AuthRequest>() : undefined;
}

/** Puts the headers that belong to a refusal on the HTTP response. */
export function writeHeaders(host: ArgumentsHost, exception: AuthException): void {
  const response = host.switchToHttp().getResponse<HeaderWriter>();
  for (const [name, value] of Object.entries(exception.headers)) response.header(name, value);
}
