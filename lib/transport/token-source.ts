import type { AuthRequest } from './authenticator.js';
import type { TokenLocation } from '../tokens/jwt.options.js';
import type { Refusal } from '../decision/refusal.js';
import { isSafe, type Origins } from './origins.js';
import { cameInCookie, extractToken } from './token-extractor.js';

/** Where the requests of an instance carry their access tokens. */
export class TokenSource {
  constructor(
    private readonly from: TokenLocation,
    private readonly origins: Origins,
  ) {}

  /**
   * The token that a request carries, or why there is none to look at.
   *
   * @throws CrossSiteRequestException (403) a browser added it to a request of another site's
   */
  tokenOf(request: AuthRequest): string | Refusal<'token_missing' | 'token_malformed'> {
    const token = extractToken(request, this.from);
    // A header no other site can set; a cookie browsers add by themselves.
    if (this.from.cookie !== undefined && typeof token === 'string' && !isSafe(request)) {
      if (cameInCookie(request, this.from)) this.origins.require(request);
    }
    return token;
  }
}
