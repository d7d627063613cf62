import { Body, Controller, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { CurrentUser, RevocationService, Roles } from 'nestjs-revocable-jwt';
import { NeedsRole, Summary } from '../http/documented.js';
import { invalidRequest } from '../http/refusals.js';
import { RevokeAllRequest, RevokeTokenRequest, VisibilityQuery } from './admin.requests.js';

@Roles('admin')
@ApiTags('admin')
@Controller('admin')
export class RevocationsController {
  constructor(@Inject(RevocationService) private readonly revocations: RevocationService) {}

  @Post('tokens/revoke')
  @Summary('Revokes one access token.')
  @HttpCode(204)
  @ApiNoContentResponse()
  @NeedsRole({ 400: ['invalid_request'] })
  async revokeToken(
    @Body() request: RevokeTokenRequest,
    @Query() { visibility }: VisibilityQuery,
    @CurrentUser('userId') actor: string,
  ): Promise<void> {
    await this.revocations.revokeToken(named(request), { actor, visibility });
  }

  @Post('revoke-all')
  @Summary('Revokes every token that was issued before a time.')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'Everything issued before then has ended.' })
  @NeedsRole({ 400: ['invalid_request'] })
  async revokeAll(
    @Body() { issuedBefore }: RevokeAllRequest,
    @Query() { visibility }: VisibilityQuery,
    @CurrentUser('userId') actor: string,
  ): Promise<void> {
    const until = issuedBefore === undefined ? {} : { issuedBefore: new Date(issuedBefore) };
    await this.revocations.revokeAll({ actor, visibility, ...until });
  }
}

function named({ token, jti }: RevokeTokenRequest): string | { jti: string } {
  if (token !== undefined && jti === undefined) return token;
  if (jti !== undefined && token === undefined) return { jti };
  throw invalidRequest('token, jti: give exactly one of them');
}
