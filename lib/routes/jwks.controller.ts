import { Get, Inject, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { KeyService } from '../auth/key.service.js';
import { authToken } from '../injection.js';
import type { AuthRequest, HttpResponse } from '../transport/auth-request.js';
import { OpenApi } from './open-api/open-api.js';
import { KEY_SET } from './open-api/schemas.js';
import { sendPublicDocument } from './public-document.js';
import { StandardController } from './controllers.js';

/** Where verifiers look for it (RFC 8615, OpenID Connect Discovery §3). */
export const JWKS_PATH = '.well-known/jwks.json';

/** The route with the public keys of a realm; it needs no token. */
export function jwksController(realm: string, path: string): Type {
  @StandardController(path)
  class JwksController {
    constructor(
      @Inject(authToken(KeyService, realm)) private readonly service: KeyService,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Get()
    @OpenApi({
      summary: 'The public keys, for services that verify tokens themselves.',
      credentials: 'none',
      answer: KEY_SET,
      isDocument: true,
    })
    async keys(@Req() request: AuthRequest, @Res() response: HttpResponse): Promise<void> {
      // Before anything can fail: no cache may keep the answer that there are no keys now.
      response.header('Cache-Control', 'no-store');
      // A verifier that meets an unknown key asks again before its copy is old.
      sendPublicDocument(this.host, request, response, await this.service.publicKeys());
    }
  }
  return JwksController;
}
