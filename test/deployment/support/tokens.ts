import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../../sample-app/support/client.js';
import { boundTo } from '../../../lib/decision/policies/bound-to.js';
import { forge } from '../../support/tokens.js';
import type { Side } from './side.js';
import { deploymentKey } from '../../../lib/log/deployment-row.js';
import { SIGNING } from '../../sample-app/support/running-app.js';

/** Somebody's access token, and what in the database answers to it. */
export interface Holder {
  readonly token: string;
  readonly jti: string;
  readonly sid: string;
  /** The token's `sub`, and the row's. */
  readonly subject: string;
  readonly userId: string;
}

/** The policy names its columns itself. */
const NO_COLUMNS = { id: 'id', subject: 'subject', activeStatuses: [], suspendedStatuses: [] };

/** Makes any number of tokens and accounts from one sign-in, which is slow on purpose. */
export class Mint {
  private constructor(
    private readonly template: string,
    private readonly side: Side,
    private readonly userId: string,
    private readonly subject: string,
    private readonly passwordHash: string,
    readonly stampKey: string,
  ) {}

  /** Signs alice in, late enough for her token to speak for itself. */
  static async open(url: string, side: Side): Promise<Mint> {
    // Tokens from before the triggers, and from up to a second after, are read and not believed.
    await sleep(1_200);
    const client = await new Client(url).login('alice@example.com', 'alice-password');
    const [alice] = await side.rows(
      `SELECT u.id, u.subject, u.${side.q('passwordHash')} AS hash, s.stamp_key FROM users u, auth_state s WHERE u.email = 'alice@example.com'`,
    );
    const text = (name: string) => String(alice?.[name]);
    const [id, subject, hash, key] = ['id', 'subject', 'hash', 'stamp_key'].map(text);
    return new Mint(client.token ?? '', side, id ?? '', subject ?? '', hash ?? '', key ?? '');
  }

  /** One more token of alice's, of a sign-in of its own. */
  token(claims: Readonly<Record<string, unknown>> = {}): Holder {
    const { userId, subject } = this;
    return this.holder(userId, subject, claims);
  }

  /** New accounts with the roles and the password of alice, and a token for each. */
  async accounts(count: number): Promise<readonly Holder[]> {
    const made = Array.from({ length: count }, () => this.holder(randomUUID(), randomUUID(), {}));
    for (let at = 0; at < count; at += 500) {
      const rows = made
        .slice(at, at + 500)
        .map(({ userId, subject }) => `SELECT '${userId}' AS nid, '${subject}' AS nsub`);
      const { q } = this.side;
      await this.side.run(
        `INSERT INTO users (id, email, name, ${q('passwordHash')}, roles, ${q('createdAt')}, status, ${q('tokenVersion')}, subject)` +
          ` SELECT n.nid, CONCAT(n.nid, '@example.org'), a.name, a.${q('passwordHash')}, a.roles, a.${q('createdAt')}, a.status, a.${q('tokenVersion')}, n.nsub` +
          ` FROM users a, (${rows.join(' UNION ALL ')}) n WHERE a.id = '${this.userId}'`,
      );
    }
    return made;
  }

  private holder(
    userId: string,
    subject: string,
    claims: Readonly<Record<string, unknown>>,
  ): Holder {
    const [jti, sid] = [randomUUID(), randomUUID()];
    const bound = this.boundTo(userId, subject);
    const token = forge(this.template, SIGNING, {
      claims: { sub: subject, jti, sid, ...bound, ...claims },
    });
    return { token, jti, sid, subject, userId };
  }

  /** The stamp that names the account and its password. */
  private boundTo(id: string, subject: string) {
    const { passwordHash, stampKey } = this;
    return boundTo('passwordHash')(NO_COLUMNS).stamp?.({
      now: 0,
      subject: { id, subject, columns: { passwordHash }, roles: [], permissions: [] },
      denials: [],
      deployment: {
        generation: '',
        issuedBefore: 0,
        key: deploymentKey(stampKey),
        withdrawnKeys: new Set(),
      },
    });
  }
}
