import { RevocationError } from '../../errors/revocation.errors.js';
import { Delete, Get, HttpCode, Inject, Param, Post, Query, Req, type Type } from '@nestjs/common';
import { Roles } from '../../decorators/access.decorators.js';
import { ResourceNotFoundException } from '../../errors/auth.exceptions.js';
import { authToken } from '../../injection.js';
import { SessionService } from '../../sessions/session.service.js';
import type { HttpResponse } from '../../transport/auth-request.js';
import { ResponseHeaders } from '../../transport/response-headers.js';
import { GuardedController } from '../controllers.js';
import { Answer, callerOf, type RouteRequest } from '../route-request.js';
import { LogoutService } from './logout.service.js';
import { OpenApi } from '../open-api/open-api.js';
import { everywhereOf, requestBodyOf, textOf } from './request-body.js';
import { object, SESSION_LIST } from '../open-api/schemas.js';
import { listed, type ListedSession } from './session-list.js';

/** The default path of the admins' routes. */
export const ADMIN_PATH = 'admin';
/** The log keeps no more characters of a reason. */
const LONGEST_REASON = 255;
/** The refusals of a route for admins that names a user or a session. */
const REFUSALS = { 403: 'insufficient_role', 404: 'not_found' };

/** The routes on the sessions of any user, for users with one of these roles. */
export function adminSessionController(
  realm: string,
  path: string,
  roles: readonly string[],
): Type {
  @GuardedController(realm, path)
  @Roles(...roles)
  class AdminSessionController {
    constructor(
      @Inject(authToken(SessionService, realm)) private readonly service: SessionService,
      @Inject(authToken(LogoutService, realm)) private readonly ends: LogoutService,
    ) {}

    @Get('users/:id/sessions')
    @OpenApi({
      summary: 'The sessions of a user, the newest first.',
      answer: SESSION_LIST,
      refusals: REFUSALS,
    })
    async sessions(
      @Param('id') userId: string,
      @Req() request: RouteRequest,
      @Answer() response: HttpResponse,
    ): Promise<ListedSession[]> {
      const admin = callerOf(request);
      new ResponseHeaders(response).forbidStoring();
      const sessions = await ofUser(async () => {
        const found = await this.service.list(userId);
        if (found.length === 0) await this.service.requireUser(userId);
        return found;
      });
      return sessions.map((session) => listed(session, admin.sessionId));
    }

    @Post('users/:id/logout')
    @HttpCode(204)
    @OpenApi({
      summary: 'Ends every token and session of a user.',
      body: object({ reason: { type: 'string', maxLength: LONGEST_REASON } }),
      refusals: { 400: 'invalid_request', ...REFUSALS },
      visibility: true,
    })
    async logout(
      @Param('id') userId: string,
      @Req() request: RouteRequest,
      @Query('visibility') visibility: unknown,
    ): Promise<void> {
      const admin = callerOf(request);
      const reason = textOf(requestBodyOf(request.body, ['reason']), 'reason', LONGEST_REASON);
      const options = { actor: admin.userId, reason, ...everywhereOf(visibility) };
      await ofUser(() => this.ends.everything(userId, options));
    }

    @Delete('sessions/:id')
    @HttpCode(204)
    @OpenApi({
      summary: 'Ends one session, whosever it is.',
      refusals: { 400: 'invalid_request', ...REFUSALS },
      visibility: true,
    })
    async end(
      @Param('id') id: string,
      @Req() request: RouteRequest,
      @Query('visibility') visibility: unknown,
    ): Promise<void> {
      const admin = callerOf(request);
      const options = { actor: admin.userId, reason: 'ended by an admin' };
      await this.ends.one(id, { ...options, ...everywhereOf(visibility) });
    }
  }
  return AdminSessionController;
}

/** Answers 404 when no account has the id in the path, or no account can have it. */
async function ofUser<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isUnknown =
      error instanceof RevocationError &&
      (error.code === 'unknown_user' || error.code === 'invalid_argument');
    throw isUnknown ? new ResourceNotFoundException('user') : error;
  }
}
