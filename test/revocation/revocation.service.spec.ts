/** Taking things away: in force when it resolves, never when it rolled back, never in silence without effect. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountStatus,
  denylist,
  issuedAfter,
  type Policy,
  RevocationError,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { mirrored } from '../support/tokens.js';

const bystander: Policy = { name: 'bystander', judge: () => undefined };
const revocations = (app: AuthApp) =>
  app.events.filter(({ type }) => /revoked|replaced/.test(type));

interface LogRow {
  kind: string;
  ref: string;
  code: string | null;
  reason: string | null;
  actor: string | null;
  created_at: string | number;
  expires_at: string | number;
}
const logOf = (app: AuthApp, ref: string) =>
  app.dataSource.query<LogRow[]>(`SELECT * FROM auth_revocation WHERE ref = '${ref}'`);

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({ kind, user: { subject: 'subject' } });
  });
  afterAll(() => app.close());

  describe("in the caller's transaction", () => {
    const WAYS: [
      string,
      (id: number, sid: string, token: string, o: object) => Promise<unknown>,
    ][] = [
      ['revokeToken', (_id, _sid, token, options) => app.revocation.revokeToken(token, options)],
      ['revokeSession', (_id, sid, _token, options) => app.revocation.revokeSession(sid, options)],
      ['revokeUser', (id, _sid, _token, options) => app.revocation.revokeUser(id, options)],
      [
        'revokeUser until',
        (id, _sid, _token, options) =>
          app.revocation.revokeUser(id, { ...options, issuedBefore: new Date() }),
      ],
      ['revokeAll', (_id, _sid, _token, options) => app.revocation.revokeAll(options)],
      [
        'revokeAll until',
        (_id, _sid, _token, options) =>
          app.revocation.revokeAll({ ...options, issuedBefore: new Date() }),
      ],
      ['replaceSubject', (id, _sid, _token, options) => app.revocation.replaceSubject(id, options)],
    ];

    it.each(WAYS)(
      '%s: rolled back, it never happened; committed, it is in force',
      async (_name, revoke) => {
        const alice = await app.addPerson();
        const { accessToken, sessionId } = await app.auth.signIn(alice);
        const told = revocations(app).length;

        const rolledBack = app.dataSource.transaction(async (manager) => {
          await revoke(alice.id, sessionId, accessToken, { manager });
          throw new Error('the caller changed its mind');
        });
        await expect(rolledBack).rejects.toThrow('changed its mind');
        expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
        expect(revocations(app)).toHaveLength(told);

        await app.dataSource.transaction(async (manager) => {
          await revoke(alice.id, sessionId, accessToken, {
            manager,
            reason: 'lost phone',
            actor: 'root',
          });
          expect(revocations(app)).toHaveLength(told);
        });
        expect(await app.whoami(accessToken)).toMatchObject({ status: 401 });
        expect(revocations(app).slice(told)).toMatchObject([
          { reason: 'lost phone', actor: 'root' },
        ]);
      },
    );

    it('a manager that is in no transaction: in force when it resolves', async () => {
      const { accessToken, sessionId } = await app.auth.signIn(await app.addPerson());
      await app.revocation.revokeSession(sessionId, { manager: app.dataSource.manager });
      expect(await app.whoami(accessToken)).toMatchObject({ status: 401 });
    });
  });

  it("what resolved does not vanish with another request's rollback", async () => {
    const { accessToken, sessionId } = await app.auth.signIn(await app.addPerson());
    const runner = app.dataSource.createQueryRunner();
    await runner.startTransaction();
    const revoked = app.revocation.revokeSession(sessionId);
    await runner.query("UPDATE person SET email = 'nobody@example.com' WHERE id = -1");
    await runner.rollbackTransaction();
    if (kind !== 'sqlite') await runner.release();
    await revoked;
    expect(await app.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'session_ended' },
    });
  });

  describe('an argument that names nobody throws, and revokes nobody', () => {
    const NOTHING = [
      undefined,
      null,
      '',
      ' \0',
      0.5,
      Number.NaN,
      {},
      [],
      true,
      'x'.repeat(256),
      '\ud800',
    ];

    it.each(NOTHING)('%j', async (id) => {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const calls: (() => Promise<unknown>)[] = [
        () => Reflect.apply(app.revocation.revokeSession, app.revocation, [id]),
        () => Reflect.apply(app.revocation.revokeUser, app.revocation, [id]),
        () => Reflect.apply(app.revocation.revokeToken, app.revocation, [{ jti: id }]),
        () => Reflect.apply(app.revocation.replaceSubject, app.revocation, [id]),
      ];
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(RevocationError);
      expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    });

    it.each(['', 'x', 'a.b.c', 'e30.e30.e30'])('a text that is not a token: %j', async (text) => {
      await expect(app.revocation.revokeToken(text)).rejects.toMatchObject({
        code: 'invalid_token',
      });
    });

    it('a user that does not exist', async () => {
      await expect(app.revocation.revokeUser(2_000_000_000)).rejects.toMatchObject({
        code: 'unknown_user',
      });
      await expect(app.revocation.replaceSubject(2_000_000_000)).rejects.toMatchObject({
        code: 'unknown_user',
      });
    });

    it('a value that is not a time, or a time in the future', async () => {
      for (const issuedBefore of [
        new Date(Number.NaN),
        new Date(-1),
        new Date(Date.now() + 86_400_000),
      ]) {
        await expect(app.revocation.revokeAll({ issuedBefore })).rejects.toMatchObject({
          code: 'invalid_argument',
        });
      }
    });
  });

  it('logs target, user, actor and reason; text that is too long is cut', async () => {
    const { sessionId } = await app.auth.signIn(await app.addPerson());
    await app.revocation.revokeSession(sessionId, {
      actor: 'root',
      reason: `\0${'ü😀'.repeat(200)}`,
    });
    const [row] = await logOf(app, sessionId);
    expect(row).toMatchObject({ kind: 'session', code: 'session_ended', actor: 'root' });
    expect([...(row?.reason ?? '')]).toHaveLength(255);
  });

  it('a denial lives until the token cannot be accepted any more', async () => {
    const token = await app.auth.signIn(await app.addPerson());
    await app.revocation.revokeToken(token.accessToken);
    const [row] = await logOf(app, token.tokenId);
    expect(Number(row?.expires_at)).toBe(token.expiresAt.getTime() + 300_000);
    // Of an id alone it is not known when its token expires: as long as any token of this deployment lives.
    await app.revocation.revokeToken({ jti: 'an-id-alone' });
    const [alone] = await logOf(app, 'an-id-alone');
    expect(Number(alone?.expires_at) - Number(alone?.created_at)).toBe(900_000 + 300_000);
  });

  it('a failure to store is an error to the caller', async () => {
    const { accessToken, sessionId, tokenId } = await app.auth.signIn(await app.addPerson());
    await app.dataSource.query('ALTER TABLE auth_revocation RENAME TO auth_revocation_away');
    await expect(app.revocation.revokeSession(sessionId)).rejects.toMatchObject({ status: 503 });
    await expect(app.revocation.revokeToken({ jti: tokenId })).rejects.toMatchObject({
      status: 503,
    });
    await expect(app.revocation.revokeAll()).rejects.toMatchObject({ status: 503 });
    expect(await app.whoami(accessToken)).toMatchObject({ status: 503 });
    await app.dataSource.query('ALTER TABLE auth_revocation_away RENAME TO auth_revocation');
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
  });
});

describe('without the technique', () => {
  const CASES: [
    string,
    (app: AuthApp) => Promise<unknown>,
    Policy | ReturnType<typeof tokenVersion>,
  ][] = [
    ['denylist()', (app) => app.revocation.revokeToken({ jti: 'x' }), denylist()],
    ['session()', (app) => app.revocation.revokeSession('x'), session()],
    ['tokenVersion()', (app) => app.revocation.revokeUser(1), tokenVersion()],
    ['issuedAfter()', (app) => app.revocation.revokeAll(), issuedAfter()],
    [
      'issuedAfter()',
      (app) => app.revocation.revokeUser(1, { issuedBefore: new Date() }),
      issuedAfter(),
    ],
    ['user.subject', (app) => app.revocation.replaceSubject(1), accountStatus()],
  ];

  it.each(CASES)(
    '%s, the revocation that relies on it throws and changes nothing',
    async (name, revoke) => {
      const app = await startAuthApp({ auth: { policies: [bystander] } });
      try {
        await expect(revoke(app)).rejects.toMatchObject({
          code: 'not_configured',
          message: expect.stringContaining(name),
        });
      } finally {
        await app.close();
      }
    },
  );
});

/** Another text for the same bytes: base64url leaves bits of the last character unused (RFC 4648 §3.5). */
function respelt(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1];
}

describe('an altered twin of a revoked token', () => {
  it('with the mirrored signature is the same token, and refused too', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const app = await startAuthApp({ jwt: { secret: undefined, privateKey } });
    try {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const twin = mirrored(accessToken);
      expect(twin).not.toBe(accessToken);
      expect(await app.whoami(twin)).toMatchObject({ status: 200 });
      await app.revocation.revokeToken(accessToken);
      expect(await app.whoami(twin)).toMatchObject({
        status: 401,
        body: { code: 'token_revoked' },
      });
    } finally {
      await app.close();
    }
  });

  it.each([
    ['HS256', {}],
    [
      'ES256',
      {
        secret: undefined,
        privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      },
    ],
  ])('with another spelling is not a token: %s', async (_, jwt) => {
    const app = await startAuthApp({ jwt });
    try {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      expect(await app.whoami(respelt(accessToken))).toMatchObject({
        status: 401,
        body: { code: 'token_invalid' },
      });
    } finally {
      await app.close();
    }
  });
});
