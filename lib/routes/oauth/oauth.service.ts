import { InvalidTokenError } from '../../errors/revocation.errors.js';
import type { RequestAuthenticator } from '../../auth/request-authenticator.js';
import { AuthenticationRefusedException } from '../../errors/auth.exceptions.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { SessionService } from '../../sessions/session.service.js';
import type { TokenSettings } from '../../tokens/token.settings.js';
import type { OAuthClients } from './clients.js';

/** What a client learns about a token (RFC 7662 §2.2). */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly token_type: 'Bearer';
      /** Not for an adopted token, which may have had others, or none. */
      readonly iss?: string;
      readonly aud?: string;
      /** Not for a token that was issued before the library set this claim. */
      readonly client_id?: string;
      readonly sub: string;
      readonly jti: string;
      readonly sid: string;
      readonly iat: number;
      readonly exp: number;
      readonly auth_time: number;
      /** As they are in the database now. */
      readonly roles: readonly string[];
      /** The application's own claims, by their full names. */
      readonly [custom: `${string}:${string}`]: unknown;
    };

/** Revokes (RFC 7009) and introspects (RFC 7662) tokens for other services. */
export class OAuthService {
  constructor(
    private readonly parts: {
      readonly clients: OAuthClients;
      readonly authenticator: Pick<RequestAuthenticator, 'authenticateToken'>;
      readonly revocation: RevocationService;
      readonly sessions: SessionService;
      readonly tokens: Pick<TokenSettings, 'issuer' | 'audience' | 'claims'>;
    },
  ) {}

  get clients(): OAuthClients {
    return this.parts.clients;
  }

  /**
   * Ends an access token, or the session of a refresh token with all its access tokens. A text that is no
   * token of this application counts as revoked already (RFC 7009 §2.2).
   *
   * @throws AuthUnavailableException (503) the revocation could not be stored, or nobody knows whether it was
   */
  async revoke(token: string, client: string): Promise<void> {
    const { revocation, sessions } = this.parts;
    const options = { actor: `client ${client}`, reason: 'revoked by a client' };
    // No token_type_hint is needed: the two kinds look different (RFC 7009 §2.1 lets a server ignore it).
    if (await sessions.endSessionOf(token, options)) return;
    try {
      await revocation.revokeToken(token, options);
    } catch (error) {
      if (error instanceof InvalidTokenError) return;
      throw error;
    }
  }

  /**
   * Whether a request with this access token would be accepted, decided on state that is read now. For a
   * token that would be refused, the answer gives no reason.
   *
   * @throws AuthUnavailableException (503) the state cannot be read now
   */
  async introspect(token: string): Promise<Introspection> {
    const { authenticator, tokens } = this.parts;
    try {
      const { claims, roles } = await authenticator.authenticateToken(token, 'strict');
      const { client_id, sub, jti, sid, iat, exp, auth_time } = claims;
      const { issuer: iss, audience: aud } = tokens;
      return {
        ...tokens.claims?.within(claims),
        active: true,
        token_type: 'Bearer',
        ...(claims.adopted === true ? {} : { iss, aud }),
        ...(client_id === undefined ? {} : { client_id }),
        sub,
        jti,
        sid,
        iat,
        exp,
        auth_time,
        roles,
      };
    } catch (error) {
      if (error instanceof AuthenticationRefusedException) return { active: false };
      throw error;
    }
  }
}
