import { Delete, Get, HttpCode, Inject, Param, Post, Req, type Type } from '@nestjs/common';
import { Public } from '../../decorators/access.decorators.js';
import { authToken } from '../../injection.js';
import { SessionService } from '../../sessions/session.service.js';
import { forgetTokens } from '../../transport/forget-token.interceptor.js';
import type { HttpResponse } from '../../transport/auth-request.js';
import { ResponseHeaders } from '../../transport/response-headers.js';
import { answerTokens, type TokenAnswer } from '../../transport/token-answer.js';
import { GuardedController } from '../controllers.js';
import { Answer, callerOf, contextOf, type RouteRequest } from '../route-request.js';
import { LogoutService } from './logout.service.js';
import { allowsCookies, refreshAnswer, refreshBody, usesCookies } from '../open-api/carriers.js';
import { OpenApi } from '../open-api/open-api.js';
import { RefreshTransport } from './refresh-transport.js';
import { flagOf, requestBodyOf } from './request-body.js';
import { LOGOUT_BODY, object, SESSION_LIST } from '../open-api/schemas.js';
import { listed, type ListedSession } from './session-list.js';

/** The default path of the users' routes for their own sessions. */
export const SESSION_PATH = 'auth';

/**
 * The users' routes for their own sessions. They check their input themselves: the application may have any
 * validation pipe, or none.
 */
export function sessionController(realm: string, path: string): Type {
  @GuardedController(realm, path)
  class SessionController {
    constructor(
      @Inject(authToken(SessionService, realm)) private readonly service: SessionService,
      @Inject(authToken(LogoutService, realm)) private readonly ends: LogoutService,
      @Inject(authToken(RefreshTransport, realm)) private readonly tokens: RefreshTransport,
    ) {}

    /** A failure does not expire the cookie: another tab may just have received the next token. */
    @Public()
    @Post('refresh')
    @HttpCode(200)
    @OpenApi((carriers) => ({
      summary:
        'Trades a refresh token for a new pair. A retry within the leeway gets the same one.',
      credentials: 'refresh token',
      body: refreshBody(carriers),
      answer: refreshAnswer(carriers),
      refusals: {
        400: 'invalid_request',
        401:
          'token_missing, token_malformed, token_invalid, refresh_reused, session_ended, account_deleted, ' +
          'account_disabled, token_revoked, credentials_changed, token_superseded',
        403: allowsCookies(carriers) ? 'cross_site_request' : undefined,
      },
    }))
    async refresh(
      @Req() request: RouteRequest,
      @Answer() response: HttpResponse,
    ): Promise<TokenAnswer> {
      const { token, transport } = await this.tokens.read(request);
      const pair = await this.service.refresh(token, contextOf(request));
      const headers = new ResponseHeaders(response);
      return answerTokens(pair, headers, this.tokens.cookies, transport, { request });
    }

    /** Public: the access token of a user who logs out may have expired. */
    @Public()
    @Post('logout')
    @HttpCode(204)
    @OpenApi((carriers) => ({
      summary:
        'Ends this session, by its access token, its refresh token or its cookies. Repeating it is a success.',
      credentials: 'optional token',
      body: LOGOUT_BODY,
      refusals: {
        400: 'invalid_request',
        401: 'token_missing, token_malformed, token_invalid',
        403: usesCookies(carriers) ? 'cross_site_request' : undefined,
      },
    }))
    async logout(@Req() request: RouteRequest, @Answer() response: HttpResponse): Promise<void> {
      await this.ends.logout(request, () => this.forget(request, response));
    }

    @Post('logout-all')
    @HttpCode(204)
    @OpenApi({
      summary: 'Ends every session of the account, or every other one.',
      body: object({ keepCurrent: { type: 'boolean', default: false } }),
      refusals: { 400: 'invalid_request' },
    })
    async logoutAll(@Req() request: RouteRequest, @Answer() response: HttpResponse): Promise<void> {
      const user = callerOf(request);
      const options = { actor: user.userId, reason: 'logout everywhere' };
      if (flagOf(requestBodyOf(request.body, ['keepCurrent']), 'keepCurrent')) {
        await this.service.endOthers(user, options);
      } else {
        await this.ends.everything(user.userId, options);
        this.forget(request, response);
      }
    }

    @Get('sessions')
    @OpenApi({ summary: 'The sessions of the account, the newest first.', answer: SESSION_LIST })
    async sessions(
      @Req() request: RouteRequest,
      @Answer() response: HttpResponse,
    ): Promise<ListedSession[]> {
      const { userId, sessionId } = callerOf(request);
      new ResponseHeaders(response).forbidStoring();
      const sessions = await this.service.list(userId);
      return sessions.map((session) => listed(session, sessionId));
    }

    /** A session of another user is answered as if it did not exist. */
    @Delete('sessions/:id')
    @HttpCode(204)
    @OpenApi({ summary: 'Ends one session of the account.', refusals: { 404: 'not_found' } })
    async end(@Param('id') id: string, @Req() request: RouteRequest): Promise<void> {
      const { userId } = callerOf(request);
      await this.ends.one(id, { userId, actor: userId, reason: 'ended by its user' });
    }

    private forget(request: RouteRequest, response: HttpResponse): void {
      forgetTokens(request, this.tokens.cookies, new ResponseHeaders(response));
    }
  }
  return SessionController;
}
