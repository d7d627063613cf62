import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import 'reflect-metadata';
import type { AuthException } from '../errors/auth.exceptions.js';
import type { AuthRequest, HttpResponse } from './auth-request.js';
import { ResponseHeaders } from './response-headers.js';
import { AuthTransport } from './transport.js';

/** Where Nest 11 and 12 keep the parameters of handlers. */
const PARAMETERS_METADATA = '__routeArguments__';
/** Nest's kinds of parameters: `@Res()` and `@Next()`, each followed by a position. */
const RESPONSE = /^[12]:/;

/** HTTP, on Express and on Fastify. The request is authenticated. */
class HttpTransport extends AuthTransport {
  override requestOf(context: ExecutionContext): AuthRequest | undefined {
    return context.switchToHttp().getRequest<AuthRequest>();
  }

  override responseOf(context: ArgumentsHost): HttpResponse {
    return context.switchToHttp().getResponse<HttpResponse>();
  }

  override mayAnswerItself(context: ExecutionContext): boolean {
    const { name } = context.getHandler();
    const parameters: unknown = Reflect.getMetadata(PARAMETERS_METADATA, context.getClass(), name);
    return Object.keys(Object(parameters)).some((kind) => RESPONSE.test(kind));
  }

  /** With status, body and headers. */
  override answer(
    exception: AuthException,
    host: ArgumentsHost,
    { httpAdapter }: HttpAdapterHost,
  ): void {
    const response = this.responseOf(host);
    if (!new ResponseHeaders(response).open) {
      httpAdapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(exception.headers)) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, exception.getResponse(), exception.getStatus());
  }
}

export const httpTransport: AuthTransport = new HttpTransport();
