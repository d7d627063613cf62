/** No token, secret or hash reaches a log line, an event or standard output, whatever goes wrong. */
import { randomBytes } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AuthEvents, boundTo, denylist, issuedAfter, session } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { aged, forge } from '../support/tokens.js';
import { Person } from '../support/person.entity.js';
import { WAIT_LIMIT_MS } from '../support/wait-limit.js';

class Capture implements LoggerService {
  readonly lines: string[] = [];
  private readonly note = (...parts: unknown[]) =>
    void this.lines.push(parts.map(String).join(' '));
  readonly log = this.note;
  readonly error = this.note;
  readonly warn = this.note;
  readonly debug = this.note;
  readonly verbose = this.note;
  readonly fatal = this.note;
}

const secret = randomBytes(40).toString('base64url');
const hash = '$argon2id$v=19$m=65536$canary-hash';
let app: AuthApp;
let logger: Capture;
let written: string[];

beforeEach(async () => {
  logger = new Capture();
  written = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
  }
  // The timer that cleans the log, so that it can be made to go off.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  app = await startAuthApp({
    logger,
    jwt: { secret, deriveKeyFrom: ['passwordHash'] },
    auth: {
      policies: [denylist(), session(), issuedAfter(), boundTo('passwordHash')],
      renewal: {},
      sessions: {},
    },
  });
});
afterEach(async () => {
  await app.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('in a run in which everything fails once', async () => {
  const alice = await app.addPerson({ passwordHash: hash });
  const { accessToken, refreshToken = '' } = await app.auth.signIn(alice);
  const [state]: { stamp_key: string; generation: string }[] = await app.dataSource.query(
    'SELECT stamp_key, generation FROM auth_state',
  );
  app.app.get(AuthEvents).stream.subscribe((event) => {
    throw new Error(`no room for ${JSON.stringify(event)}`);
  });

  const tokens = [
    accessToken,
    aged(accessToken, app.options, 3_600),
    forge(accessToken, app.options, { claims: { sub: '999' } }),
    forge(accessToken, app.options, { secret: randomBytes(32) }),
    `${accessToken}x`,
    `x${accessToken}`,
  ];
  const next = await app.sessions.refresh(refreshToken);
  const refreshTokens = [refreshToken, next.refreshToken, `${refreshToken.slice(0, -1)}_`];
  const ask = async () => {
    for (const token of refreshTokens) await app.sessions.refresh(token).catch(() => undefined);
    for (const token of tokens) {
      for (const path of ['whoami', 'passport', 'admin']) await app.get(path, token);
      await app.revocation.revokeToken(token).catch(() => undefined);
      await app.auth.authenticate(token).catch(() => undefined);
    }
  };
  await ask();
  await app.dataSource.getRepository(Person).update({ id: alice.id }, { passwordHash: `${hash}2` });
  await ask();
  await app.auth.signIn(alice).catch(() => undefined);
  await app.auth.signIn({}).catch(() => undefined);
  await app.dataSource.query('ALTER TABLE auth_revocation RENAME TO away');
  await ask();
  vi.advanceTimersByTime(200_000);
  await vi.waitFor(
    () => expect(logger.lines.join('\n')).toContain('could not be deleted'),
    WAIT_LIMIT_MS,
  );

  const said = [...logger.lines, ...written, JSON.stringify(app.events)].join('\n');
  expect(said).toContain('A subscriber of the audit stream failed');
  expect(said).toContain('token_refused');
  expect(said).toContain('refresh_refused');
  const signatures = [...tokens, ...refreshTokens].flatMap((token) => token.split('.').slice(1));
  for (const private_ of [
    secret,
    Buffer.from(secret).toString('hex'),
    hash,
    state?.stamp_key ?? '',
    state?.generation ?? '',
    ...signatures,
  ]) {
    expect(private_.length).toBeGreaterThan(10);
    expect(said.includes(private_)).toBe(false);
  }
});
