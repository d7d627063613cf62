import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Public } from 'nestjs-revocable-jwt';
import { ENVIRONMENT } from '../config/environment.module.js';
import type { Environment } from '../config/environment.js';

/** The public keys, for other services that verify our tokens. A shared secret has no public half. */
@Public()
@ApiTags('auth')
@Controller('.well-known')
export class JwksController {
  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  @Get('jwks.json')
  @ApiOkResponse({ description: 'A JWK Set (RFC 7517 §5).' })
  keys(): { keys: readonly object[] } {
    const { signingKey } = this.environment;
    return { keys: signingKey.algorithm === 'HS256' ? [] : [signingKey.publicJwk] };
  }
}
