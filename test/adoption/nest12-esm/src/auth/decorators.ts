import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';

export const Public = () => SetMetadata('public', true);
export const Roles = (...roles: string[]) => SetMetadata('roles', roles);

export const UserId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => context.switchToHttp().getRequest().user.id,
);
