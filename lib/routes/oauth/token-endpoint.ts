import { AuthenticationRefusedException } from '../../errors/auth.exceptions.js';
import type { SessionService } from '../../sessions/session.service.js';
import { isRecord } from '../../validation/records.js';
import { contextOf, type RouteRequest } from '../route-request.js';
import type { StandardAnswer } from '../standard-answer.js';
import { parameter, SEVERAL } from './clients.js';
import { oauthAnswer, oauthRefusal } from './oauth-answer.js';

/** The grant that the endpoint takes. People sign in at the application's own login route. */
export const REFRESH_GRANT = 'refresh_token';

/** The parameters that are read. Others are ignored (RFC 6749 §3.2). */
const PARAMETERS = ['grant_type', 'refresh_token', 'scope', 'client_secret'] as const;
type Parameters = Partial<Record<(typeof PARAMETERS)[number], string>>;

/**
 * The token endpoint (RFC 6749 §3.2), for clients that speak OAuth. It trades refresh tokens as the refresh route
 * does, but only from a form and never from a cookie. So another site gains nothing by posting to it.
 */
export class TokenEndpoint {
  constructor(
    private readonly parts: {
      readonly sessions: Pick<SessionService, 'refresh'>;
      /** Whether tokens may travel in bodies. Otherwise no grant is supported. */
      readonly bodies: boolean;
    },
  ) {}

  /** @throws AuthUnavailableException (503) the database does not answer; the token stays valid */
  async answer(request: RouteRequest): Promise<StandardAnswer> {
    const form = parametersOf(request.body);
    if (form === undefined) {
      return oauthRefusal('invalid_request', 'Send a form that has each parameter once.');
    }
    const { grant_type, refresh_token, scope, client_secret } = form;
    if (client_secret !== undefined || hasBasic(request)) {
      const message = 'This endpoint takes no client secret. Send the form without one.';
      return oauthRefusal('invalid_client', message);
    }
    if (grant_type === undefined) {
      return oauthRefusal('invalid_request', `grant_type is required: ${REFRESH_GRANT}.`);
    }
    if (grant_type !== REFRESH_GRANT || !this.parts.bodies) {
      return oauthRefusal('unsupported_grant_type', 'This grant type is not supported.');
    }
    if (scope !== undefined) {
      return oauthRefusal('invalid_scope', 'There are no scopes. Leave the parameter out.');
    }
    if (refresh_token === undefined) {
      return oauthRefusal('invalid_request', 'refresh_token is required.');
    }
    return this.refresh(refresh_token, request);
  }

  private async refresh(token: string, request: RouteRequest): Promise<StandardAnswer> {
    try {
      const pair = await this.parts.sessions.refresh(token, contextOf(request));
      return oauthAnswer({
        access_token: pair.accessToken,
        token_type: pair.tokenType,
        expires_in: pair.expiresIn,
        refresh_token: pair.refreshToken,
      });
    } catch (error) {
      if (!(error instanceof AuthenticationRefusedException)) throw error;
      return oauthRefusal('invalid_grant', error.message, error.code);
    }
  }
}

/** `undefined` when a parameter was sent twice (RFC 6749 §3.2 forbids it), or there is no form. */
function parametersOf(body: unknown): Parameters | undefined {
  if (!isRecord(body)) return undefined;
  const found: Parameters = {};
  for (const name of PARAMETERS) {
    const value = parameter(body, name);
    if (value === SEVERAL) return undefined;
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** A client that sends a secret expects that it is checked. A bearer token is not such a secret. */
function hasBasic({ headers: { authorization } }: RouteRequest): boolean {
  return typeof authorization === 'string' && /^basic /i.test(authorization);
}
