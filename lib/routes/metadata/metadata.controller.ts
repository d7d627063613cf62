import { Controller, Get, Inject, Req, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Public } from '../../decorators/access.decorators.js';
import { authToken } from '../../injection.js';
import type { AuthRequest, HttpResponse } from '../../transport/auth-request.js';
import { sendPublicDocument } from '../public-document.js';
import type { MetadataPaths } from './identifiers.js';
import { MetadataService } from './metadata.service.js';

/** The two documents of a realm, for everybody. */
export function metadataController(realm: string, paths: MetadataPaths): Type {
  @Public()
  @Controller({ version: VERSION_NEUTRAL })
  class MetadataController {
    constructor(
      @Inject(authToken(MetadataService, realm)) private readonly service: MetadataService,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Get(paths.authorizationServer)
    authorizationServer(@Req() request: AuthRequest, @Res() response: HttpResponse): void {
      sendPublicDocument(this.host, request, response, this.service.authorizationServer());
    }

    @Get(paths.protectedResource)
    protectedResource(@Req() request: AuthRequest, @Res() response: HttpResponse): void {
      sendPublicDocument(this.host, request, response, this.service.protectedResource());
    }
  }
  return MetadataController;
}
