import type { ArgumentsHost } from '@nestjs/common';
import type { AuthException } from '../errors/auth.exceptions.js';
import { AuthTransport } from './transport.js';

/** The two kinds of client that Nest's own filter for gateways knows. */
interface SocketClient {
  readonly readyState?: unknown;
  send?(text: string): unknown;
  emit?(event: string, data: unknown): unknown;
}

/**
 * Messages to gateways. Nothing is authenticated yet, so the guards deny. Exceptions of a handler are answered.
 */
class WsTransport extends AuthTransport {
  override requestOf(): undefined {}

  /** In the form of Nest's own filter for gateways. An error thrown here would end the process. */
  override answer({ code, message }: AuthException, host: ArgumentsHost): void {
    const client = host.switchToWs().getClient<SocketClient>();
    const data = { status: 'error', code, message };
    // A client of the `ws` package has an `emit` too, but that only calls listeners in this process.
    if (typeof client.readyState === 'number' && client.send) {
      client.send(JSON.stringify({ event: 'exception', data }));
    } else {
      client.emit?.('exception', data);
    }
  }
}

export const wsTransport: AuthTransport = new WsTransport();
