import { type Observable, throwError } from 'rxjs';
import type { AuthException } from '../errors/auth.exceptions.js';
import { AuthTransport } from './transport.js';

/**
 * Messages of microservices. Nothing is authenticated yet, so the guards deny: a payload is what the sender wrote,
 * and no request. What a handler throws is answered.
 */
class RpcTransport extends AuthTransport {
  override requestOf(): undefined {}

  /**
   * The body of HTTP's answer. What Nest sends to an RPC client is what the observable fails with. Thrown, it
   * would be an unhandled rejection.
   */
  override answer(exception: AuthException): Observable<never> {
    return throwError(() => exception.getResponse());
  }
}

export const rpcTransport: AuthTransport = new RpcTransport();
