import { RevocationError } from '../../errors/auth.errors.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { RefreshTokens } from '../../tokens/refresh-tokens.js';

/** What stands behind `POST /oauth/revoke` (RFC 7009). */
export class RevocationEndpoint {
  constructor(
    private readonly revocation: RevocationService,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /**
   * Ends a token: an access token itself, a refresh token with its session and all access tokens of
   * it. What is no token of ours is revoked already (RFC 7009 §2.2).
   *
   * @throws AuthUnavailableException (503) when it could not be stored, or not be known to be
   */
  async revoke(token: string, client: string): Promise<void> {
    const described = { actor: `client ${client}`, reason: 'revoked by a client' };
    // The hint of a type is not needed: the two look nothing alike (RFC 7009 §2.1 allows to ignore it).
    if (await this.refreshTokens.endSessionOf(token, described)) return;
    try {
      await this.revocation.revokeToken(token, described);
    } catch (error) {
      if (error instanceof RevocationError && error.code === 'invalid_token') return;
      throw error;
    }
  }
}
