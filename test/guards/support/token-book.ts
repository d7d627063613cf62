import { Authenticator } from '../../../lib/transport/authenticator.js';
import type { AuthRequest } from '../../../lib/transport/auth-request.js';
import { brand } from '../../../lib/transport/branded-principal.js';
import type { Principal } from '../../../lib/decision/principal.js';
import { Refusal } from '../../../lib/decision/refusal.js';
import { RoleHierarchy } from '../../../lib/decision/role-hierarchy.js';
import {
  AuthenticationRefusedException,
  AuthUnavailableException,
} from '../../../lib/errors/auth.exceptions.js';

/**
 * An authenticator of a few fixed tokens, each the name of its account; `expired` is refused, and for
 * `down` the auth state cannot be known. It counts how often it is asked.
 */
export class TokenBook extends Authenticator {
  readonly roles = new RoleHierarchy({
    hierarchy: { admin: ['editor'], editor: ['user'] },
    permissions: { editor: ['articles:write'], admin: ['articles:delete'] },
  });
  asked = 0;
  /** Who the fixed tokens are about, and the roles of each. */
  protected readonly accounts: Readonly<Record<string, readonly string[]>> = {
    alice: ['user'],
    ed: ['editor'],
    root: ['admin'],
  };

  constructor(
    private readonly pace: 'at once' | 'later' = 'at once',
    readonly realm = 'jwt',
  ) {
    super();
  }

  override authenticate(request: AuthRequest): Principal | Promise<Principal> {
    this.asked += 1;
    if (this.pace === 'at once') return this.lookUp(request);
    return Promise.resolve().then(() => this.lookUp(request));
  }

  /** The principal of an account, decided by this book. */
  principal(account: string): Principal {
    const claims = {
      sub: account,
      jti: `${account}-token`,
      sid: `${account}-session`,
      iat: 1,
      exp: 2,
      iat_ms: 1000,
      auth_time: 1,
      roles: [],
    };
    return brand(
      {
        subject: account,
        userId: account,
        roles: this.accounts[account] ?? [],
        permissions: [],
        sessionId: claims.sid,
        tokenId: claims.jti,
        claims,
      },
      this,
    );
  }

  private lookUp(request: AuthRequest): Principal {
    const sent = request.headers.authorization;
    const token = typeof sent === 'string' ? sent.replace(/^Bearer /, '') : undefined;
    if (token === undefined) throw refused('token_missing');
    if (token === 'expired') throw refused('token_expired');
    if (token === 'down') throw new AuthUnavailableException(new Error('connection refused'));
    if (!Object.hasOwn(this.accounts, token)) throw refused('token_malformed');
    return this.principal(token);
  }
}

function refused(code: 'token_missing' | 'token_expired' | 'token_malformed') {
  return new AuthenticationRefusedException(new Refusal(code));
}
