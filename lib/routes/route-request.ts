import { type CanActivate, type ExecutionContext, Res } from '@nestjs/common';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import type { SessionContext } from '../sessions/client-info.js';
import type { AuthRequest } from '../transport/auth-request.js';
import { principalOf } from '../transport/branded-principal.js';
import { requestOf } from '../transport/transports.js';

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

/**
 * The response, for its headers; Nest sends it. It is not a custom decorator, because Nest would apply the
 * application's global pipes to its value.
 */
export const Answer = (): ParameterDecorator => Res({ passthrough: true });

const callers = new WeakMap<object, Principal>();

/**
 * Notes who calls, after the guard that found out. Interceptors of the application run later, and may put
 * something else in `request.user`.
 */
export class NoteCaller implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    const principal = principalOf(request);
    if (request && principal) callers.set(request, principal);
    return true;
  }
}

/** @throws AuthenticationRefusedException (401) a guard of the application replaced the caller */
export function callerOf(request: AuthRequest): Principal {
  const caller = callers.get(request);
  if (caller === undefined) throw new AuthenticationRefusedException(new Refusal('token_missing'));
  return caller;
}
