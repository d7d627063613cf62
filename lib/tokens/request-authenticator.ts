import { Authenticator, type AuthRequest, vouch } from '../authenticator.js';
import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { decide } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import type { Principal } from '../decision/principal.js';
import { type DecisionCode, Refusal } from '../decision/refusal.js';
import type { RoleBook } from '../decision/role-book.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import type { RequestObserver } from '../events/request-observer.js';
import type { AuthStateReader } from '../freshness/auth-state-reader.js';
import type { SubjectCodec } from '../freshness/subject-codec.js';
import type { AccessTokens } from './access-tokens.js';
import { extractToken } from './token-extractor.js';
import type { TokenSettings } from './token-settings.js';

/** The largest clock tolerance that validation allows, in milliseconds. */
const LARGEST_TOLERANCE_MS = 300_000;

/** What the request path is made of. */
export interface RequestPath {
  readonly name: string;
  readonly settings: TokenSettings;
  readonly tokens: AccessTokens;
  readonly reader: AuthStateReader;
  readonly subjects: SubjectCodec;
  readonly policies: readonly Policy[];
  readonly roles: RoleBook;
  readonly observer: RequestObserver;
}

/** The request path: extract, verify, read state, decide, attach. */
export class RequestAuthenticator extends Authenticator {
  override readonly name: string;
  override readonly roles: RoleBook;
  override readonly tokenCookie: string | undefined;

  constructor(private readonly path: RequestPath) {
    super();
    this.name = path.name;
    this.roles = path.roles;
    this.tokenCookie = 'cookie' in path.settings.from ? path.settings.from.cookie : undefined;
  }

  override async authenticate(request: AuthRequest): Promise<Principal> {
    const token = extractToken(request, this.path.settings.from);
    if (token instanceof Refusal) throw new AuthenticationRefusedException(token);
    return this.authenticateToken(token);
  }

  /** The same for a token that did not come with an HTTP request. */
  async authenticateToken(token: string): Promise<Principal> {
    const verified = await this.path.tokens.verify(token);
    if (verified instanceof Refusal) throw new AuthenticationRefusedException(verified);
    return this.admit(verified.claims, verified.state);
  }

  /** Decides on verified claims, on state that was read after the request arrived. */
  async admit(claims: Claims, known?: AuthState): Promise<Principal> {
    const outcome = await this.decide(claims, known);
    if (outcome instanceof Refusal) {
      this.path.observer.refused(claims, outcome);
      throw new AuthenticationRefusedException(outcome);
    }
    this.path.observer.accepted(outcome);
    return vouch(outcome, this);
  }

  private async decide(
    claims: Claims,
    known: AuthState | undefined,
  ): Promise<Principal | Refusal<DecisionCode | 'token_expired'>> {
    // What the column cannot hold, no account has; the database is not asked.
    if (!this.path.subjects.canHold(claims.sub)) return new Refusal('account_deleted');
    const state = known ?? (await this.path.reader.read(claims));
    // Denials are kept until this instant of the database's clock. A process whose own clock is late
    // must not accept a token whose denial may be gone.
    if (claims.exp * 1000 + LARGEST_TOLERANCE_MS <= state.now) return new Refusal('token_expired');
    return decide(this.path.policies, claims, state);
  }
}
