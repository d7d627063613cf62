import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Req,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { AuthRuntime } from '../../module/auth.runtime.js';
import type { Principal } from '../../decision/principal.js';
import { CurrentUser } from '../../decorators/current-user.decorator.js';
import { ForgetToken } from '../../decorators/forget-token.decorator.js';
import { Public } from '../../decorators/public.decorator.js';
import { JwtRolesGuard } from '../../guards/jwt-roles.guard.js';
import { forgetTokens } from '../../transport/forget-token.interceptor.js';
import type { ResponseHeaders } from '../../transport/response-headers.js';
import { type TokenAnswer, answerTokens } from '../../transport/token-answer.js';
import type { SessionAnswer } from './session-answer.js';
import { AnswerHeaders, type RouteRequest } from './route-request.js';

/** Where everybody's own routes for sessions are, unless the module is told otherwise. */
export const SESSION_PATH = 'auth';

/**
 * Everybody's own routes for sessions. Guarded by themselves, so that they need no global guard. What
 * they take is checked here and not by a pipe of the application's, which may be any or none.
 */
export function sessionController(instance: string, path: string): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(JwtRolesGuard.for(instance))
  class SessionController {
    constructor(@Inject(AuthRuntime) private readonly runtime: AuthRuntime) {}

    @Public()
    @Post('refresh')
    @HttpCode(200)
    async refresh(
      @Req() request: RouteRequest,
      @AnswerHeaders() headers: ResponseHeaders,
    ): Promise<TokenAnswer> {
      const { routes, authenticator } = this.runtime.services;
      const { pair, way } = await routes.refresh(request);
      return answerTokens(pair, headers, authenticator.cookies, way);
    }

    @Post('logout')
    @HttpCode(204)
    @ForgetToken()
    async logout(@CurrentUser() user: Principal): Promise<void> {
      await this.runtime.services.routes.logout(user);
    }

    @Post('logout-all')
    @HttpCode(204)
    async logoutAll(
      @CurrentUser() user: Principal,
      @Req() request: RouteRequest,
      @AnswerHeaders() headers: ResponseHeaders,
    ): Promise<void> {
      const kept = await this.runtime.services.routes.logoutAll(user, request.body);
      if (kept === 'none') forgetTokens(request, headers);
    }

    @Get('sessions')
    async sessions(
      @CurrentUser() user: Principal,
      @AnswerHeaders() headers: ResponseHeaders,
    ): Promise<SessionAnswer[]> {
      headers.forbidStoring();
      return this.runtime.services.routes.list(user.userId, user);
    }

    @Delete('sessions/:id')
    @HttpCode(204)
    async end(@Param('id') id: string, @CurrentUser() user: Principal): Promise<void> {
      await this.runtime.services.routes.end(id, user);
    }
  }
  return SessionController;
}
