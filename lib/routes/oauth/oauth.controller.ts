import { Controller, Inject, Post, Req, Res, type Type } from '@nestjs/common';
import { Public } from '../../decorators/public.decorator.js';
import { authToken } from '../../injection.js';
import { isRecord } from '../../validation/records.js';
import type { ClientFault } from './clients.js';
import { type Introspection, OAuthService } from './oauth.service.js';

/** The default path of the two routes. */
export const OAUTH_PATH = 'oauth';

/** What the requests of both adapters have. */
interface OAuthRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/** What the responses of both adapters have. */
interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
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
  @Controller(path)
  class OAuthController {
    constructor(@Inject(authToken(OAuthService, realm)) private readonly service: OAuthService) {}

    @Post('revoke')
    revoke(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: Reply) {
      return this.answer(request, reply, async (token, client) => {
        await this.service.revoke(token, client);
        return undefined;
      });
    }

    @Post('introspect')
    introspect(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: Reply) {
      return this.answer(request, reply, (token) => this.service.introspect(token));
    }

    private async answer(
      { headers, body }: OAuthRequest,
      reply: Reply,
      act: (token: string, client: string) => Promise<Introspection | undefined>,
    ): Promise<object | undefined> {
      const form = isRecord(body) ? body : {};
      const { authorization } = headers;
      const client = this.service.clients.authenticate({ authorization, form });
      if (typeof client === 'string') return refuse(reply, client);
      const { token } = form;
      // A parameter that is sent twice arrives as a list (RFC 6749 §3.1 forbids it).
      if (typeof token !== 'string' || token === '') return refuse(reply, 'invalid_request');
      const answer = await act(token, client.id);
      send(reply, 200, NO_STORE);
      return answer;
    }
  }
  return OAuthController;
}

/** Answers without an exception: a filter of the application would give the body another form. */
function refuse(reply: Reply, error: ClientFault): OAuthErrorBody {
  const { status, description } = FAULTS[error];
  send(reply, status, { ...NO_STORE, ...(status === 401 ? CHALLENGE : {}) });
  return {
    error,
    error_description: description,
    statusCode: status,
    code: error,
    message: description,
  };
}

function send(reply: Reply, status: number, headers: Readonly<Record<string, string>>): void {
  reply.status(status);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
}
