import type { ExecutionContext } from '@nestjs/common';
import type { AuthRequest } from './auth-request.js';
import type { HttpResponse } from './auth-request.js';
import { AuthTransport } from './transport.js';

/** HTTP, on Express and on Fastify. The request is authenticated. */
class HttpTransport extends AuthTransport {
  override requestOf(context: ExecutionContext): AuthRequest | undefined {
    return context.switchToHttp().getRequest<AuthRequest>();
  }

  override responseOf(context: ExecutionContext): HttpResponse {
    return context.switchToHttp().getResponse<HttpResponse>();
  }
}

export const httpTransport: AuthTransport = new HttpTransport();
