import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** The network address that the request came from, as both adapters tell it. */
export const ClientAddress: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    context.switchToHttp().getRequest<{ readonly ip?: string }>().ip ?? '',
);
