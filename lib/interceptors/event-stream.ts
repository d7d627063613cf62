import type { ExecutionContext } from '@nestjs/common';
import 'reflect-metadata';

/** The metadata with which Nest 11 and 12 mark a handler of server-sent events. */
const SSE_METADATA = '__sse__';

/** Whether a route sends events. Nest sends its headers at once, even if an interceptor still waits. */
export function sendsEvents(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(SSE_METADATA, context.getHandler());
}
