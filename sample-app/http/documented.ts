import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse } from '@nestjs/swagger';

/** The body of every refusal, for the OpenAPI document. */
export class RefusalAnswer {
  @ApiProperty({ example: 401 })
  statusCode!: number;
  @ApiProperty({ example: 'Unauthorized' })
  error!: string;
  @ApiProperty({ description: 'Stable.', example: 'token_revoked' })
  code!: string;
  @ApiProperty({ description: 'For people.' })
  message!: string;
}

type Codes = Readonly<Record<number, readonly string[]>>;

/** The refusals of every route that takes an access token. */
const BEARER: Codes = {
  401: [
    'token_missing',
    'token_malformed',
    'token_expired',
    'token_invalid',
    'token_revoked',
    'session_ended',
    'account_disabled',
    'account_deleted',
    'credentials_changed',
    'token_superseded',
  ],
  503: ['auth_unavailable'],
};

/** Documents the codes with which a route refuses, by status. */
export function Refuses(...tables: readonly Codes[]) {
  const merged = new Map<number, string[]>();
  for (const table of tables) {
    for (const [status, codes] of Object.entries(table)) {
      merged.set(Number(status), [...(merged.get(Number(status)) ?? []), ...codes]);
    }
  }
  return applyDecorators(
    ...[...merged].map(([status, codes]) =>
      ApiResponse({ status, type: RefusalAnswer, description: codes.join(', ') }),
    ),
  );
}

/** Says what a route does. */
export const Summary = (summary: string) => ApiOperation({ summary });

/** Says what a route does that needs no access token. */
export const PublicSummary = (summary: string) => ApiOperation({ summary, security: [] });

/** Documents a route that takes an access token. */
export const NeedsToken = (more: Codes = {}) =>
  applyDecorators(ApiBearerAuth(), Refuses(BEARER, more));

/** Documents a route that takes an access token of an account with a role. */
export const NeedsRole = (more: Codes = {}) =>
  applyDecorators(ApiBearerAuth(), Refuses(BEARER, { 403: ['insufficient_role'] }, more));
