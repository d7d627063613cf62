import { Inject, Post, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { authToken } from '../../injection.js';
import { isRecord } from '../../validation/records.js';
import type { HttpResponse } from '../../transport/auth-request.js';
import { sendStandard, type StandardAnswer } from '../standard-answer.js';
import { OpenApi } from '../open-api/open-api.js';
import { INTROSPECTION, OAUTH_REFUSAL, TOKEN_FORM } from '../open-api/schemas.js';
import type { ClientFault } from './clients.js';
import { oauthAnswer, oauthRefusal } from './oauth-answer.js';
import { type Introspection, OAuthService } from './oauth.service.js';
import { StandardController } from '../controllers.js';

/** The default path of the two routes. */
export const OAUTH_PATH = 'oauth';

/** What the requests of both adapters have. */
interface OAuthRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

const FAULTS: Readonly<Record<ClientFault, string>> = {
  invalid_client: 'The client is unknown, or its credentials are missing or wrong.',
  invalid_request: 'Send a form with one "token", and authenticate the client in one way.',
};

const REFUSALS = {
  refusal: OAUTH_REFUSAL,
  refusals: { 400: 'invalid_request', 401: 'invalid_client' },
};

/**
 * The routes for other services. Clients prove who they are, so these routes need no access token. They take
 * a form (`application/x-www-form-urlencoded`), so the application needs a body parser for forms.
 */
export function oauthController(realm: string, path: string): Type {
  @StandardController(path)
  class OAuthController {
    constructor(
      @Inject(authToken(OAuthService, realm)) private readonly service: OAuthService,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Post('revoke')
    @OpenApi({
      summary: 'Revokes an access token, or the session of a refresh token.',
      credentials: 'client',
      form: TOKEN_FORM,
      answer: 'empty',
      ...REFUSALS,
    })
    async revoke(@Req() request: OAuthRequest, @Res() response: HttpResponse): Promise<void> {
      const answer = await this.answerTo(request, async (token, client) => {
        await this.service.revoke(token, client);
        return undefined;
      });
      sendStandard(this.host, response, answer);
    }

    @Post('introspect')
    @OpenApi({
      summary: 'Says whether an access token would be accepted now.',
      credentials: 'client',
      form: TOKEN_FORM,
      answer: INTROSPECTION,
      ...REFUSALS,
    })
    async introspect(@Req() request: OAuthRequest, @Res() response: HttpResponse): Promise<void> {
      const answer = await this.answerTo(request, (token) => this.service.introspect(token));
      sendStandard(this.host, response, answer);
    }

    private async answerTo(
      { headers, body }: OAuthRequest,
      act: (token: string, client: string) => Promise<Introspection | undefined>,
    ): Promise<StandardAnswer> {
      const form = isRecord(body) ? body : {};
      const { authorization } = headers;
      const client = this.service.clients.authenticate({ authorization, form });
      if (typeof client === 'string') return oauthRefusal(client, FAULTS[client]);
      const { token } = form;
      // A parameter that is sent twice arrives as a list (RFC 6749 §3.1 forbids it).
      if (typeof token !== 'string' || token === '') {
        return oauthRefusal('invalid_request', FAULTS.invalid_request);
      }
      return oauthAnswer(await act(token, client.id));
    }
  }
  return OAuthController;
}
