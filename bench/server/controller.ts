import { type CanActivate, Controller, Get, type Type, UseGuards } from '@nestjs/common';

/** `GET /me` behind a guard. It answers the same bytes whoever asks: only what stands before it differs. */
export function controllerBehind(...guards: readonly (Type<CanActivate> | CanActivate)[]): Type {
  @Controller('me')
  @UseGuards(...guards)
  class MeController {
    @Get()
    me() {
      return { id: 1, email: 'alice@example.com', name: 'Alice' };
    }
  }
  return MeController;
}
