import { AuthenticationRefusedException } from '../../errors/auth.exceptions.js';
import type { RequestAuthenticator } from '../../auth/request-authenticator.js';
import type { TokenSettings } from '../../tokens/token-settings.js';

/** What a client is told of a token (RFC 7662 §2.2). */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly token_type: 'Bearer';
      /** Not of a token that was adopted: it may have had others, or none. */
      readonly iss?: string;
      readonly aud?: string;
      readonly sub: string;
      readonly jti: string;
      readonly sid: string;
      readonly iat: number;
      readonly exp: number;
      readonly auth_time: number;
      /** As the database has them now. */
      readonly roles: readonly string[];
      /** The application's own claims, by their full names. */
      readonly [custom: `${string}:${string}`]: unknown;
    };

/** What stands behind `POST /oauth/introspect` (RFC 7662). */
export class IntrospectionEndpoint {
  constructor(
    private readonly authenticator: RequestAuthenticator,
    private readonly settings: TokenSettings,
  ) {}

  /**
   * Whether an access token would be let in, by the decision of a request, on state read now. Of one
   * that would not, nothing else is said, not even why.
   *
   * @throws AuthUnavailableException (503) when that cannot be known now
   */
  async introspect(token: string): Promise<Introspection> {
    try {
      const { claims, roles } = await this.authenticator.authenticateToken(token, 'strict');
      const { sub, jti, sid, iat, exp, auth_time } = claims;
      const { issuer: iss, audience: aud } = this.settings;
      return {
        ...this.settings.claims?.within(claims),
        active: true,
        token_type: 'Bearer',
        ...(claims.adopted === true ? {} : { iss, aud }),
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
