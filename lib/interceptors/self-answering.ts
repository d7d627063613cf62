import type { ExecutionContext } from '@nestjs/common';
import 'reflect-metadata';

/** Where Nest 11 and 12 keep the parameters of handlers, and what marks a handler of server-sent events. */
const PARAMETERS_METADATA = '__routeArguments__';
const SSE_METADATA = '__sse__';
/** Nest's kinds of parameters: `@Res()` and `@Next()`, each followed by a position. */
const RESPONSE = /^[12]:/;

/** Whether a handler is given the response, also with `passthrough`, and so may send it before it returns. */
export function mayAnswerItself(context: ExecutionContext): boolean {
  // On GraphQL, kinds with the same numbers are something else.
  if (context.getType() !== 'http') return false;
  const { name } = context.getHandler();
  const parameters: unknown = Reflect.getMetadata(PARAMETERS_METADATA, context.getClass(), name);
  return Object.keys(Object(parameters)).some((kind) => RESPONSE.test(kind));
}

/** Whether a route sends events. Nest sends its headers at once, whatever interceptors still wait for. */
export function sendsEvents(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(SSE_METADATA, context.getHandler());
}
