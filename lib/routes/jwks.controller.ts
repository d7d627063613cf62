import { Controller, Get, Inject, type Type } from '@nestjs/common';
import { Public } from '../decorators/public.decorator.js';
import { authToken } from '../injection.js';
import type { ResponseHeaders } from '../transport/response-headers.js';
import { KeyService, type PublicKeySet } from '../auth/key.service.js';
import { AnswerHeaders } from './session/route-request.js';

/** Where verifiers look for it (RFC 8615, OpenID Connect Discovery §3). */
export const JWKS_PATH = '.well-known/jwks.json';

/** The route that serves the public keys of an instance; nobody needs a token for it. */
export function jwksController(instance: string, path: string): Type {
  @Public()
  @Controller(path)
  class JwksController {
    constructor(@Inject(authToken(KeyService, instance)) private readonly service: KeyService) {}

    @Get()
    async keys(@AnswerHeaders() headers: ResponseHeaders): Promise<PublicKeySet> {
      // First of all, so that it holds for an answer that there are no keys now.
      headers.forbidStoring();
      const keys = await this.service.publicKeys();
      // A verifier that meets a key it does not know asks again before that.
      headers.set('Cache-Control', 'public, max-age=300');
      return keys;
    }
  }
  return JwksController;
}
