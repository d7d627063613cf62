import {
  Controller,
  Inject,
  Post,
  Req,
  Res,
  type Type,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Public } from '../../decorators/access.decorators.js';
import { authToken } from '../../injection.js';
import { isRecord } from '../../validation/records.js';
import { AnnounceRefusalsInterceptor } from '../announce-refusals.interceptor.js';
import type { HttpResponse } from '../../transport/auth-request.js';
import { sendStandard, type StandardAnswer } from '../standard-answer.js';
import type { ClientFault } from './clients.js';
import { type Introspection, OAuthService } from './oauth.service.js';

/** The default path of the two routes. */
export const OAUTH_PATH = 'oauth';

/** What the requests of both adapters have. */
interface OAuthRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/** The body of a refusal (RFC 6749 §5.2), with the properties that every refusal of the library has. */
interface OAuthErrorBody {
  readonly error: ClientFault;
  readonly error_description: string;
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
}

/** RFC 7662 §2.2, RFC 6749 §5.1: the answers are about tokens. */
const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
/** RFC 6749 §5.2: the scheme that a client may use. */
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="oauth", charset="UTF-8"' };

const FAULTS: Readonly<Record<ClientFault, { status: number; description: string }>> = {
  invalid_client: {
    status: 401,
    description: 'The client is unknown, or its credentials are missing or wrong.',
  },
  invalid_request: {
    status: 400,
    description: 'Send a form with one "token", and authenticate the client in one way.',
  },
};

/**
 * The routes for other services. Clients prove who they are, so these routes need no access token. They take
 * a form (`application/x-www-form-urlencoded`): the application must let its body parser read one.
 */
export function oauthController(realm: string, path: string): Type {
  @Public()
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseInterceptors(AnnounceRefusalsInterceptor)
  class OAuthController {
    constructor(
      @Inject(authToken(OAuthService, realm)) private readonly service: OAuthService,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Post('revoke')
    async revoke(@Req() request: OAuthRequest, @Res() response: HttpResponse): Promise<void> {
      const answer = await this.answerTo(request, async (token, client) => {
        await this.service.revoke(token, client);
        return undefined;
      });
      sendStandard(this.host, response, answer);
    }

    @Post('introspect')
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
      if (typeof client === 'string') return refusal(client);
      const { token } = form;
      // A parameter that is sent twice arrives as a list (RFC 6749 §3.1 forbids it).
      if (typeof token !== 'string' || token === '') return refusal('invalid_request');
      return { status: 200, headers: NO_STORE, body: await act(token, client.id) };
    }
  }
  return OAuthController;
}

/** Without an exception: a filter of the application would give the body another form. */
function refusal(error: ClientFault): StandardAnswer {
  const { status, description } = FAULTS[error];
  const body: OAuthErrorBody = {
    error,
    error_description: description,
    statusCode: status,
    code: error,
    message: description,
  };
  return { status, headers: { ...NO_STORE, ...(status === 401 ? CHALLENGE : {}) }, body };
}
