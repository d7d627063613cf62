import type { Answer, Client } from '../../sample-app/support/client.js';
import type { Side } from './side.js';
import type { Holder } from './tokens.js';

/** Somebody who can take things away: by the API of a process, or by SQL past all of them. */
export interface Taker {
  readonly side: Side;
  readonly admin: Client;
}

/** A way to take access away. */
export interface Taking {
  readonly name: string;
  /** Whether the account is what changes, and not the log alone: a log that is lost does not bring it back. */
  readonly survivesLog: boolean;
  /** Resolves once it is committed; rejects when it may not be. */
  take(taker: Taker, holder: Holder): Promise<void>;
}

const raw = (name: string, sql: (q: Side['q'], holder: Holder) => string): Taking => ({
  name: `SQL: ${name}`,
  survivesLog: true,
  take: ({ side }, holder) => side.run(sql(side.q, holder)),
});

const api = (
  name: string,
  survivesLog: boolean,
  send: (admin: Client, holder: Holder) => Promise<Answer>,
): Taking => ({
  name: `API: ${name}`,
  survivesLog,
  async take({ admin }, holder) {
    const { status, text } = await send(admin, holder);
    if (status !== 200 && status !== 204) throw new Error(`${name}: ${status} ${text}`);
  },
});

/** By somebody who knows nothing of the library. */
export const RAW: readonly Taking[] = [
  raw('disable', (_, { userId }) => `UPDATE users SET status = 'disabled' WHERE id = '${userId}'`),
  raw(
    'raise the version',
    (q, { userId }) =>
      `UPDATE users SET ${q('tokenVersion')} = ${q('tokenVersion')} + 1 WHERE id = '${userId}'`,
  ),
  raw('delete', (_, { userId }) => `DELETE FROM users WHERE id = '${userId}'`),
  raw(
    'another password',
    (q, { userId }) =>
      `UPDATE users SET ${q('passwordHash')} = CONCAT(${q('passwordHash')}, '.') WHERE id = '${userId}'`,
  ),
  raw(
    'another subject',
    (_, { userId }) => `UPDATE users SET subject = CONCAT(subject, '.') WHERE id = '${userId}'`,
  ),
];

/** By the application. */
export const BY_API: readonly Taking[] = [
  api('revoke the token', false, (admin, { jti }) => admin.post('/admin/tokens/revoke', { jti })),
  api('log out', false, (admin, { token }) => admin.holding(token).post('/auth/logout')),
  api('log the user out', true, (admin, { userId }) =>
    admin.post(`/admin/users/${userId}/logout`, {}),
  ),
  api('disable', true, (admin, { userId }) =>
    admin.patch(`/admin/users/${userId}`, { status: 'disabled' }),
  ),
  api('delete', true, (admin, { userId }) => admin.delete(`/admin/users/${userId}`)),
];

export const TAKINGS: readonly Taking[] = [...RAW, ...BY_API];
