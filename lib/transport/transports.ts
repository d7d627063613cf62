import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../decision/principal.js';
import { AuthException } from '../errors/auth.exceptions.js';
import type { AuthRequest } from './auth-request.js';
import { principalOf } from './branded-principal.js';
import { httpTransport } from './http.transport.js';
import { ResponseHeaders } from './response-headers.js';
import type { AuthTransport } from './transport.js';

const HTTP = 'http';

/** By the type that Nest gives its contexts. */
const transports = new Map<string, AuthTransport>([[HTTP, httpTransport]]);

/**
 * Teaches the library a transport, for guards, decorators and interceptors alike. Call it before the
 * application starts; it holds for the whole process. A later call for the same type replaces the earlier.
 *
 * @param type what `getType()` of the transport's contexts returns, such as `'graphql'`
 * @throws TypeError for `'http'`, which the library knows
 */
export function registerTransport(type: string, transport: AuthTransport): void {
  if (type === HTTP) {
    throw new TypeError('registerTransport() cannot replace "http". Name another type of context.');
  }
  transports.set(type, transport);
}

/**
 * The transport of a context; `undefined` for one that the library does not know, where guards deny. The type
 * decides: `switchToHttp()` works on every context, and on RPC its request is the sender's payload.
 */
export function transportOf(context: ExecutionContext): AuthTransport | undefined {
  return transports.get(context.getType());
}

/** What is authenticated in a context; `undefined` where nothing can be. */
export function requestOf(context: ExecutionContext): AuthRequest | undefined {
  return transportOf(context)?.requestOf(context);
}

/** The principal of a context; `undefined` where this library authenticated nobody. */
export function principalIn(context: ExecutionContext): Principal | undefined {
  return principalOf(requestOf(context));
}

/** What a guard throws for an error: a refusal in the form of the context's transport, any other error as it is. */
export function refusalIn(context: ExecutionContext, error: unknown): unknown {
  if (!(error instanceof AuthException)) return error;
  return transportOf(context)?.refuse(error, context) ?? error;
}

/** The headers of the response in a context; `undefined` where the response has none. */
export function responseHeadersOf(context: ExecutionContext): ResponseHeaders | undefined {
  const response = transportOf(context)?.responseOf(context);
  return response && new ResponseHeaders(response);
}
