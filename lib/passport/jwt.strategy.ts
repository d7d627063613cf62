import type { KeyObject } from 'node:crypto';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { Refusal } from '../decision/refusal.js';
import type { AuthState } from '../decision/auth-state.js';
import type { Principal } from '../decision/principal.js';
import { AuthenticationRefusedException, AuthException } from '../errors/auth.exceptions.js';
import type { AuthRequest } from '../authenticator.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import type { RequestAuthenticator } from '../tokens/request-authenticator.js';
import { extractToken } from '../tokens/token-extractor.js';
import type { TokenSettings } from '../tokens/token-settings.js';
import { refusalOf, type TokenVerifier } from '../tokens/token-verifier.js';

/** What the strategy is made of. */
export interface StrategyParts {
  readonly settings: TokenSettings;
  readonly tokens: AccessTokens;
  readonly verifier: TokenVerifier;
  readonly authenticator: RequestAuthenticator;
}

/**
 * The passport strategy behind `AuthGuard('jwt')` of @nestjs/passport.
 *
 * passport-jwt checks signature, issuer, audience and lifetime; `validate()` then checks the account
 * in the database. The library's own guards come to the same decision without passport.
 */
export class JwtStrategy extends PassportStrategy(Strategy) {
  /** State that had to be read to find a derived key, for `validate()` of the same request. */
  private readonly known = new WeakMap<object, AuthState>();

  constructor(private readonly parts: StrategyParts) {
    const { settings } = parts;
    super({
      jwtFromRequest: (request: AuthRequest) => {
        const token = extractToken(request, settings.from);
        if (token instanceof Refusal) throw new AuthenticationRefusedException(token);
        return token;
      },
      secretOrKeyProvider: (request: object, token: string, done: KeyFound) =>
        void this.provide(request, token, done),
      algorithms: [settings.algorithm],
      issuer: settings.issuer,
      audience: settings.audience,
      ignoreExpiration: false,
      jsonWebTokenOptions: { clockTolerance: settings.toleranceSeconds },
      passReqToCallback: true,
    });
  }

  /**
   * The decision, for a token that passport-jwt has verified: the subject's status, its tokenVersion
   * and whatever else the active policies look at, as the database has them now.
   *
   * @returns the principal, which becomes `request.user`
   * @throws AuthenticationRefusedException, AuthUnavailableException
   */
  async validate(request: object, payload: unknown): Promise<Principal> {
    const claims = this.parts.verifier.accept(payload);
    if (claims instanceof Refusal) throw new AuthenticationRefusedException(claims);
    return this.parts.authenticator.admit(claims, this.known.get(request));
  }

  /** passport reports a failure as a bare 401; here it becomes the exception with code and challenge. */
  override authenticate(...[request, options]: Parameters<Strategy['authenticate']>): void {
    this.fail = (reason?: unknown) => {
      const derived = this.parts.settings.deriveKeyFrom.length > 0;
      this.error(
        reason instanceof AuthException
          ? reason
          : new AuthenticationRefusedException(refusalOf(reason, derived)),
      );
    };
    try {
      super.authenticate(request, options);
    } catch (error) {
      this.error(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The module registers the strategy itself: with passport directly, the last application would win. */
  getPassportInstance(): { use(): void } {
    return { use: () => undefined };
  }

  private async provide(request: object, token: string, done: KeyFound): Promise<void> {
    let key: KeyObject | Buffer;
    try {
      key = await this.keyFor(request, token);
    } catch (error) {
      done(error);
      return;
    }
    // jsonwebtoken takes key objects; the types of passport-jwt are older than that.
    Reflect.apply(done, undefined, [null, key]);
  }

  /** The header and the claims' shape are judged here, before any signature is computed. */
  private async keyFor(request: object, token: string): Promise<KeyObject | Buffer> {
    const { verifier, tokens, settings } = this.parts;
    const peeked = verifier.peek(token);
    if (peeked instanceof Refusal) throw new AuthenticationRefusedException(peeked);
    if (settings.deriveKeyFrom.length === 0) return settings.verify;
    const keyed = await tokens.derivedKeyFor(peeked);
    if (keyed instanceof Refusal) throw new AuthenticationRefusedException(keyed);
    this.known.set(request, keyed.state);
    return keyed.key;
  }
}

type KeyFound = (error: unknown) => void;
