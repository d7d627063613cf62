/** A refresh token outlives access tokens, and what the log says of them: no revocation is outlived by waiting. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { denylist, issuedAfter, session, tokenVersion } from 'nestjs-revocable-jwt';
import { LogCleaner } from '../../lib/log/purging.js';
import { RevocationLog } from '../../lib/log/revocation-log.js';
import { openAuthDatabase } from '../support/open-database.js';
import { authTables } from '../../lib/database/tables.js';
import { describeOnDatabases } from '../support/databases.js';
import { type BothFreshness, bothFreshness } from './support/both-freshness.js';
import { codeOf, type Device, type SessionApp } from './support/session-app.js';
import { claimsOf } from '../support/tokens.js';

/** Longer than an access token lives, and than the log keeps what it no longer needs. */
const LATER_MS = 1_800_000;

/** The moment after the sign-in. */
const after = ({ pair }: Device) => new Date(Number(claimsOf(pair.accessToken)['iat_ms']) + 1);

describeOnDatabases((kind) => {
  let both: BothFreshness;
  beforeAll(async () => {
    both = await bothFreshness(kind, {
      policies: [session(), denylist(), tokenVersion(), issuedAfter()],
    });
  });
  afterAll(() => both?.close());

  /** Lets time go by for the log, whose cleaner comes before it and after; gives what it still says. */
  const timePassed = async ({ dataSource }: SessionApp) => {
    const database = openAuthDatabase(dataSource);
    const log = new RevocationLog({
      dialect: database.dialect,
      tables: authTables(dataSource, database.dialect),
      realm: 'jwt',
    });
    const cleaner = new LogCleaner(database, log.table);
    const rows = (condition: string): Promise<{ kind: string; ref: string }[]> =>
      dataSource.query(`SELECT kind, ref FROM auth_revocation WHERE ${condition}`);
    const allSeen = () =>
      expect.poll(async () => cleaner.clean().then(() => rows('seq IS NULL'))).toEqual([]);
    // The row at the head stays: it is that of a token that never was.
    await allSeen();
    await both.strict.revocation.revokeToken({ jti: 'head' });
    await allSeen();
    const earlier = ['created_at', 'expires_at', 'sequenced_at'].map(
      (column) => `${column} = ${column} - ${LATER_MS}`,
    );
    await dataSource.query(`UPDATE auth_revocation SET ${earlier.join(', ')}`);
    const expired = async () => {
      // Leaves it to the tracked process, where that is at the log.
      await cleaner.clean();
      return rows(`ref <> 'head' AND expires_at < ${Date.now()}`);
    };
    await expect.poll(expired).toEqual([]);
    await database.close();
    return rows("ref <> 'head'");
  };

  const REVOCATIONS: readonly (readonly [
    string,
    string,
    (app: SessionApp, of: Device) => Promise<unknown>,
  ])[] = [
    ['revokeAll', 'token_revoked', ({ revocation }) => revocation.revokeAll()],
    [
      'revokeAll with a cut-off',
      'token_revoked',
      ({ revocation }, of) => revocation.revokeAll({ issuedBefore: after(of) }),
    ],
    [
      'revokeUser',
      'session_ended',
      ({ revocation }, { person }) => revocation.revokeUser(person.id),
    ],
    [
      'revokeSession',
      'session_ended',
      ({ revocation }, { pair }) => revocation.revokeSession(pair.sessionId),
    ],
  ];

  /** What refreshing says once the log has forgotten. */
  const refreshedLater = async (revoke: (app: SessionApp, of: Device) => Promise<unknown>) => {
    const { strict, tracked } = both;
    const device = await strict.newcomer();
    const { sessionId, refreshToken } = device.pair;
    await revoke(strict, device);
    await strict.age(sessionId, LATER_MS);
    const left = await timePassed(strict);
    const codes = [];
    for (const { sessions } of [strict, tracked]) {
      // oxlint-disable-next-line no-await-in-loop
      codes.push(await codeOf(sessions.refresh(refreshToken)));
    }
    return { left, codes };
  };

  it.each(REVOCATIONS)(
    '%s, and more than a life of an access token later: %s',
    async (_, code, revoke) => {
      expect(await refreshedLater(revoke)).toEqual({ left: [], codes: [code, code] });
    },
  );

  // Only the log knows of it.
  it('revokeUser with a cut-off, and more than a life of an access token later', async () => {
    const { left, codes } = await refreshedLater(({ revocation }, of) =>
      revocation.revokeUser(of.person.id, { issuedBefore: after(of) }),
    );
    expect(left).toHaveLength(1);
    expect(codes).toEqual(['token_revoked', 'token_revoked']);
  });
});
