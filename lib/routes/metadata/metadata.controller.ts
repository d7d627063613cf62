import { Get, Inject, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { authToken } from '../../injection.js';
import type { AuthRequest, HttpResponse } from '../../transport/auth-request.js';
import { OpenApi } from '../open-api/open-api.js';
import { RESOURCE_METADATA, SERVER_METADATA } from '../open-api/schemas.js';
import { sendPublicDocument } from '../public-document.js';
import type { MetadataPaths } from './identifiers.js';
import { MetadataService } from './metadata.service.js';
import { StandardController } from '../controllers.js';

/** The two metadata documents of a realm. Everybody may read them. */
export function metadataController(realm: string, paths: MetadataPaths): Type {
  @StandardController()
  class MetadataController {
    constructor(
      @Inject(authToken(MetadataService, realm)) private readonly service: MetadataService,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    @Get(paths.authorizationServer)
    @OpenApi({
      summary: 'The metadata of the authorization server (RFC 8414).',
      credentials: 'none',
      answer: SERVER_METADATA,
      isDocument: true,
      isConstant: true,
    })
    authorizationServer(@Req() request: AuthRequest, @Res() response: HttpResponse): void {
      sendPublicDocument(this.host, request, response, this.service.authorizationServer());
    }

    @Get(paths.protectedResource)
    @OpenApi({
      summary: 'The metadata of this API (RFC 9728).',
      credentials: 'none',
      answer: RESOURCE_METADATA,
      isDocument: true,
      isConstant: true,
    })
    protectedResource(@Req() request: AuthRequest, @Res() response: HttpResponse): void {
      sendPublicDocument(this.host, request, response, this.service.protectedResource());
    }
  }
  return MetadataController;
}
