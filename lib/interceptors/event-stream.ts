import type { ExecutionContext } from '@nestjs/common';
import 'reflect-metadata';

/** With what Nest 11 and 12 mark a handler of server-sent events. */
const SSE_METADATA = '__sse__';

/** Whether a route sends events. Nest sends its headers at once, whatever interceptors still wait for. */
export function sendsEvents(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(SSE_METADATA, context.getHandler());
}
