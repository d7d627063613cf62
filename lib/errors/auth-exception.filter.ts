import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { AuthException } from './auth.exceptions.js';

/** The contexts that Nest itself has, and those that packages add. */
type Transport = 'http' | 'rpc' | 'ws' | 'graphql';

/**
 * Answers the library's exceptions, wherever they were thrown: by its guards, by `AuthGuard` of @nestjs/passport, or
 * by a handler that signs in. On HTTP, on Express and Fastify: with status, body and headers. On other transports:
 * with the same body, in the form of that transport's errors.
 */
@Catch(AuthException)
export class AuthExceptionFilter implements ExceptionFilter<AuthException> {
  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: AuthException, host: ArgumentsHost): unknown {
    switch (host.getType<Transport>()) {
      case 'http':
        return this.answerHttp(exception, host);
      case 'rpc':
        // What Nest sends to an RPC client is what the observable fails with. Thrown, it would be
        // an unhandled rejection.
        return throwError(() => exception.getResponse());
      case 'ws':
        return emitException(exception, host);
      default:
        // GraphQL, and whatever else resolves values: a returned error is reported as one.
        return exception;
    }
  }

  private answerHttp(exception: AuthException, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response = host.switchToHttp().getResponse<{ raw?: { headersSent: boolean } }>();
    // Fastify does not know what middleware sent on Node's own response.
    if (response.raw?.headersSent || httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    for (const [name, value] of Object.entries(exception.headers)) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, exception.getResponse(), exception.getStatus());
  }
}

/** The two kinds of client that Nest's own filter for gateways tells apart. */
interface SocketClient {
  readonly readyState?: unknown;
  send?(text: string): unknown;
  emit?(event: string, data: unknown): unknown;
}

/** In the form of Nest's own filter for gateways. An error thrown here would end the process. */
function emitException(exception: AuthException, host: ArgumentsHost): void {
  const client = host.switchToWs().getClient<SocketClient>();
  const data = { status: 'error', code: exception.code, message: exception.message };
  // A client of the `ws` package has an `emit` too, which tells nobody but this process.
  if (typeof client.readyState === 'number' && client.send) {
    client.send(JSON.stringify({ event: 'exception', data }));
  } else {
    client.emit?.('exception', data);
  }
}
