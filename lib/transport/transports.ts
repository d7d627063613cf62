import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Principal } from '../decision/principal.js';
import { AuthException } from '../errors/auth.exceptions.js';
import type { Authenticator } from './authenticator.js';
import type { AuthRequest, HttpResponse } from './auth-request.js';
import { principalOf } from './branded-principal.js';
import { httpTransport } from './http.transport.js';
import { rpcTransport } from './rpc.transport.js';
import type { AuthTransport } from './transport.js';
import { wsTransport } from './ws.transport.js';

const HTTP = 'http';

/** The library's own, by the type that Nest gives its contexts. */
const own: ReadonlyMap<string, AuthTransport> = new Map([
  [HTTP, httpTransport],
  ['rpc', rpcTransport],
  ['ws', wsTransport],
]);
/** Those of the application. */
const registered = new Map<string, AuthTransport>();

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
  registered.set(type, transport);
}

/**
 * The transport of a context; `undefined` if the library does not know it, and guards deny. It depends on the type:
 * `switchToHttp()` works on every context, and on RPC its request is the sender's payload.
 */
export function transportOf(context: ExecutionContext): AuthTransport | undefined {
  const type = context.getType();
  return registered.get(type) ?? own.get(type);
}

/** What is authenticated in a context; `undefined` if nothing can be. */
export function requestOf(context: ExecutionContext): AuthRequest | undefined {
  return transportOf(context)?.requestOf(context);
}

/** The HTTP response of a context, for headers and cookies; `undefined` if there is none. */
export function responseOf(context: ExecutionContext): HttpResponse | undefined {
  return transportOf(context)?.responseOf(context);
}

/** The principal of a context; `undefined` if this library authenticated nobody. */
export function principalIn(context: ExecutionContext): Principal | undefined {
  return principalOf(requestOf(context));
}

/**
 * What a guard throws for an error: a refusal in the form of the context's transport, any other error as it is.
 *
 * @param authenticator of the realm that refuses, if it is known
 */
export function refusalIn(
  context: ExecutionContext,
  error: unknown,
  authenticator?: Authenticator,
): unknown {
  if (!(error instanceof AuthException)) return error;
  if (authenticator?.resourceMetadata) error.nameResourceMetadata(authenticator.resourceMetadata);
  return transportOf(context)?.refuse(error, context) ?? error;
}

/** Answers an exception of the library in the form of its context; returns what the exception filter returns. */
export function answerIn(
  host: ArgumentsHost,
  exception: AuthException,
  adapterHost: HttpAdapterHost,
): unknown {
  const type = host.getType();
  // A registered transport without a form of its own for errors gets that of its type.
  for (const transport of [registered.get(type), own.get(type)]) {
    if (transport?.answer) return transport.answer(exception, host, adapterHost);
  }
  return exception;
}
