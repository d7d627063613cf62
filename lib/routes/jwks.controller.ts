import { Controller, Get, Header, Inject, type Type } from '@nestjs/common';
import { Public } from '../decorators/public.decorator.js';
import { authToken } from '../injection.js';
import { KeyService, type PublicKeySet } from '../tokens/keys/key.service.js';

/** Where verifiers look for it (RFC 8615, OpenID Connect Discovery §3). */
export const JWKS_PATH = '.well-known/jwks.json';

/** The route that serves the public keys of an instance; nobody needs a token for it. */
export function jwksController(instance: string, path: string): Type {
  @Public()
  @Controller(path)
  class JwksController {
    constructor(@Inject(authToken(KeyService, instance)) private readonly service: KeyService) {}

    // A verifier that meets a key it does not know asks again before that.
    @Get()
    @Header('Cache-Control', 'public, max-age=300')
    keys(): Promise<PublicKeySet> {
      return this.service.publicKeys();
    }
  }
  return JwksController;
}
