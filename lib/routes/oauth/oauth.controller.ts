import { Controller, Inject, Post, Req, Res, type Type } from '@nestjs/common';
import { AuthRuntime } from '../../module/auth.runtime.js';
import { Public } from '../../decorators/public.decorator.js';
import type { OAuthAnswer, OAuthRequest } from './oauth-endpoints.js';

/** What the responses of both adapters have. */
interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

/** Where the two routes are, unless the module is told otherwise. */
export const OAUTH_PATH = 'oauth';

/**
 * The routes for other services: clients prove themselves, so nobody needs a token. They take a form
 * (`application/x-www-form-urlencoded`), which the application must let its body parser read.
 */
export function oauthController(path: string): Type {
  @Public()
  @Controller(path)
  class OAuthController {
    constructor(@Inject(AuthRuntime) private readonly runtime: AuthRuntime) {}

    @Post('revoke')
    async revoke(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: Reply) {
      return answered(reply, await this.runtime.services.oauth.revoke(request));
    }

    @Post('introspect')
    async introspect(@Req() request: OAuthRequest, @Res({ passthrough: true }) reply: Reply) {
      return answered(reply, await this.runtime.services.oauth.introspect(request));
    }
  }
  return OAuthController;
}

/** By hand and not by an exception: an application's own filter would give it another form. */
function answered(reply: Reply, { status, headers, body }: OAuthAnswer): object | undefined {
  reply.status(status);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return body;
}
