import { Inject, Post, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { authToken } from '../../injection.js';
import { allowsBodies } from '../../transport/token-location.settings.js';
import type { HttpResponse } from '../../transport/auth-request.js';
import { OpenApi } from '../open-api/open-api.js';
import { GRANT_FORM, GRANTED, OAUTH_REFUSAL } from '../open-api/schemas.js';
import type { RouteRequest } from '../route-request.js';
import { sendStandard } from '../standard-answer.js';
import { TokenEndpoint } from './token-endpoint.js';
import { StandardController } from '../controllers.js';

/** The token endpoint of a realm. The refresh token is the credential, so it needs no access token. */
export function tokenController(realm: string, path: string): Type {
  @StandardController(path)
  class TokenController {
    constructor(
      @Inject(authToken(TokenEndpoint, realm)) private readonly endpoint: TokenEndpoint,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Post('token')
    @OpenApi(({ from }) =>
      !allowsBodies(from)
        ? 'left out'
        : {
            summary: 'Trades a refresh token for a new pair, for clients that speak OAuth.',
            credentials: 'none',
            form: GRANT_FORM,
            answer: GRANTED,
            refusal: OAUTH_REFUSAL,
            refusals: {
              400: 'invalid_request, invalid_grant, invalid_scope, unsupported_grant_type',
              401: 'invalid_client',
            },
          },
    )
    async token(@Req() request: RouteRequest, @Res() response: HttpResponse): Promise<void> {
      sendStandard(this.host, response, await this.endpoint.answer(request));
    }
  }
  return TokenController;
}
