import { Controller, Get, Inject, type Type } from '@nestjs/common';
import { KeyService, type PublicKeySet } from '../auth/key.service.js';
import { Public } from '../decorators/public.decorator.js';
import { authToken } from '../injection.js';
import type { ResponseHeaders } from '../transport/response-headers.js';
import { AnswerHeaders } from './route-request.js';

/** Where verifiers look for it (RFC 8615, OpenID Connect Discovery §3). */
export const JWKS_PATH = '.well-known/jwks.json';

/** The route with the public keys of a realm; it needs no token. */
export function jwksController(realm: string, path: string): Type {
  @Public()
  @Controller(path)
  class JwksController {
    constructor(@Inject(authToken(KeyService, realm)) private readonly service: KeyService) {}

    @Get()
    async keys(@AnswerHeaders() headers: ResponseHeaders): Promise<PublicKeySet> {
      // Before anything can fail: no cache may keep the answer that there are no keys now.
      headers.forbidStoring();
      const keys = await this.service.publicKeys();
      // A verifier that meets an unknown key asks again earlier.
      headers.set('Cache-Control', 'public, max-age=300');
      return keys;
    }
  }
  return JwksController;
}
