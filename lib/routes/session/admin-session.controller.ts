import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { AuthRuntime } from '../../module/auth.runtime.js';
import type { Principal } from '../../decision/principal.js';
import { CurrentUser } from '../../decorators/current-user.decorator.js';
import { Roles } from '../../decorators/roles.decorator.js';
import { JwtRolesGuard } from '../../guards/jwt-roles.guard.js';
import type { ResponseHeaders } from '../../transport/response-headers.js';
import type { SessionAnswer } from './session-answer.js';
import { AnswerHeaders, type RouteRequest } from './route-request.js';

/** Where the admins' routes for sessions are, unless the module is told otherwise. */
export const ADMIN_PATH = 'admin';

/** The routes for sessions of anybody's, for whoever has one of the roles. */
export function adminSessionController(
  instance: string,
  path: string,
  roles: readonly string[],
): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(JwtRolesGuard.for(instance))
  @Roles(...roles)
  class AdminSessionController {
    constructor(@Inject(AuthRuntime) private readonly runtime: AuthRuntime) {}

    @Get('users/:id/sessions')
    async sessions(
      @Param('id') userId: string,
      @CurrentUser() admin: Principal,
      @AnswerHeaders() headers: ResponseHeaders,
    ): Promise<SessionAnswer[]> {
      headers.forbidStoring();
      return this.runtime.services.routes.listAnyones(userId, admin);
    }

    @Post('users/:id/logout')
    @HttpCode(204)
    async logout(
      @Param('id') userId: string,
      @CurrentUser() admin: Principal,
      @Req() { body }: RouteRequest,
      @Query('visibility') visibility: unknown,
    ): Promise<void> {
      await this.runtime.services.routes.logoutUser(userId, admin, { body, visibility });
    }

    @Delete('sessions/:id')
    @HttpCode(204)
    async end(
      @Param('id') id: string,
      @CurrentUser() admin: Principal,
      @Query('visibility') visibility: unknown,
    ): Promise<void> {
      await this.runtime.services.routes.endAnyones(id, admin, visibility);
    }
  }
  return AdminSessionController;
}
