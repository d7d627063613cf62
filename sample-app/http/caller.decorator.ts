import type { IncomingHttpHeaders } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Where a request comes from, as both adapters report it. */
export interface Caller {
  /** The network address. */
  readonly ip: string;
  readonly userAgent: string | undefined;
}

export const Caller: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller => {
    const { ip = '', headers } = context
      .switchToHttp()
      .getRequest<{ readonly ip?: string; readonly headers: IncomingHttpHeaders }>();
    return { ip, userAgent: headers['user-agent'] };
  },
);
