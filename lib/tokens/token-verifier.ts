import { JwtService } from '@nestjs/jwt';
import type { Claims } from '../decision/claims.js';
import { Refusal, type TokenCode } from '../decision/refusal.js';
import { isAccessTokenHeader, parseClaims } from './claims.parser.js';
import type { TokenSettings } from './token-settings.js';

/** Whether a token must not have expired by this process's clock. */
export type Lifetime = 'checked' | 'ignored';

/** Reads and verifies access tokens: signature, `iss`, `aud`, lifetime, type and claims. */
export class TokenVerifier {
  constructor(
    private readonly jwt: JwtService,
    private readonly settings: TokenSettings,
    /** The name of the instance. */
    private readonly realm: string,
  ) {}

  /**
   * The claims of a token whose signature holds.
   *
   * @param key the subject's own key where keys are derived; otherwise the instance's
   * @param lifetime whether a token that has expired is refused
   */
  verify(
    token: string,
    key?: Buffer,
    lifetime: Lifetime = 'checked',
  ): Claims | Refusal<TokenCode | 'credentials_changed'> {
    const { algorithm, issuer, audience, toleranceSeconds } = this.settings;
    let decoded: { header: unknown; payload: unknown };
    try {
      decoded = this.jwt.verify(token, {
        ...(key === undefined ? {} : { secret: key }),
        algorithms: [algorithm],
        issuer,
        audience,
        clockTolerance: toleranceSeconds,
        ignoreExpiration: lifetime === 'ignored',
        complete: true,
      });
    } catch (error) {
      return refusalOf(error, key !== undefined);
    }
    return this.read(decoded);
  }

  /**
   * What a token says before its signature is checked. Only to find the key that checks it: nothing
   * here is believed.
   */
  peek(token: string): Claims | Refusal<TokenCode> {
    try {
      const decoded: unknown = this.jwt.decode(token, { complete: true });
      return isDecoded(decoded) ? this.read(decoded) : new Refusal('token_malformed');
    } catch {
      // jsonwebtoken throws for `typ: JWT` with a payload that is not JSON, and for what is no text.
      return new Refusal('token_malformed');
    }
  }

  /** The claims of a payload whose header and signature were found good. */
  accept(payload: unknown): Claims | Refusal<'token_invalid'> {
    const { realm, settings } = this;
    const rules = { realm, toleranceSeconds: settings.toleranceSeconds };
    return parseClaims(payload, Math.floor(Date.now() / 1000), rules);
  }

  private read({
    header,
    payload,
  }: {
    header: unknown;
    payload: unknown;
  }): Claims | Refusal<'token_invalid'> {
    return isAccessTokenHeader(header) ? this.accept(payload) : new Refusal('token_invalid');
  }
}

function isDecoded(value: unknown): value is { header: unknown; payload: unknown } {
  return typeof value === 'object' && value !== null && 'header' in value && 'payload' in value;
}

/**
 * What jsonwebtoken's errors mean. Under a derived key a signature that fails means that the
 * columns behind the key changed, or a forgery: the two cannot be told apart, and neither is let in.
 */
export function refusalOf(
  error: unknown,
  derived: boolean,
): Refusal<TokenCode | 'credentials_changed'> {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TokenExpiredError') return new Refusal('token_expired');
  if (message === 'invalid signature' && derived) return new Refusal('credentials_changed');
  if (message === 'jwt malformed' || message === 'invalid token' || name === 'SyntaxError') {
    return new Refusal('token_malformed');
  }
  return new Refusal('token_invalid');
}
