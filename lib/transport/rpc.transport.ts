import { type Observable, throwError } from 'rxjs';
import type { AuthException } from '../errors/auth.exceptions.js';
import { AuthTransport } from './transport.js';

/**
 * Messages of microservices. Nothing is authenticated yet, so the guards deny: the payload is not a request, but
 * something that the sender wrote. Exceptions of a handler are answered.
 */
class RpcTransport extends AuthTransport {
  override requestOf(): undefined {}

  /**
   * The body of HTTP's answer. Nest sends the error of the observable to the client. If it were thrown here, it would
   * be an unhandled rejection.
   */
  override answer(exception: AuthException): Observable<never> {
    return throwError(() => exception.getResponse());
  }
}

export const rpcTransport: AuthTransport = new RpcTransport();
