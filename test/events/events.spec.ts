/** The audit stream: what it tells of each thing that happens, when, and how often. */
import { config, filter, map } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthEvent, AuthEvents } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { claimsOf } from '../support/tokens.js';
import { Person } from '../support/person.entity.js';

let app: AuthApp;
const people = () => app.dataSource.getRepository(Person);
/** The events since the last time, without their instants, which all have. */
function told(): Omit<AuthEvent, 'at'>[] {
  return app.events.splice(0).map(({ at, ...event }) => {
    expect(at).toBeInstanceOf(Date);
    expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000);
    return event;
  });
}
async function signedIn(person: Partial<Person> = {}) {
  const alice = await app.addPerson(person);
  const token = await app.auth.signIn(alice);
  return { alice, id: String(alice.id), ...token };
}

beforeAll(async () => {
  app = await startAuthApp({
    user: { subject: 'subject', permissions: 'permissions' },
    auth: { renewal: {} },
  });
});
afterAll(() => app.close());
beforeEach(() => void app.events.splice(0));

describe('events', () => {
  it('a sign-in, and then the token that it yields', async () => {
    const { id, subject, sessionId, tokenId, expiresAt } = await signedIn();
    const of = { userId: id, subject, sessionId };
    expect(told()).toEqual([
      { type: 'signed_in', ...of },
      { type: 'token_issued', ...of, tokenId, expiresAt, renewed: false },
    ]);
  });

  it('a sign-in that the application refused', () => {
    app.auth.signInFailed({ reason: 'unknown_user' });
    app.auth.signInFailed({ userId: '7', reason: 'wrong_password' });
    app.auth.signInFailed({ userId: '7', reason: 'rate_limited' });
    expect(told()).toEqual([
      { type: 'sign_in_failed', reason: 'unknown_user' },
      { type: 'sign_in_failed', userId: '7', reason: 'wrong_password' },
      { type: 'sign_in_failed', userId: '7', reason: 'rate_limited' },
    ]);
  });

  it('a sign-in that the library refused, with the user', async () => {
    const alice = await app.addPerson({ status: 'disabled' });
    await expect(app.auth.signIn(alice)).rejects.toMatchObject({ code: 'account_disabled' });
    expect(told()).toEqual([
      { type: 'sign_in_failed', userId: String(alice.id), reason: 'refused' },
    ]);
  });

  it('a renewal', async () => {
    const { id, subject, sessionId, accessToken } = await signedIn();
    const principal = await app.auth.authenticate(accessToken);
    told();
    const renewed = await app.auth.renew(principal);
    expect(told()).toEqual([
      {
        type: 'token_issued',
        userId: id,
        subject,
        sessionId,
        tokenId: renewed?.tokenId,
        expiresAt: renewed?.expiresAt,
        renewed: true,
      },
    ]);
  });

  it('a revoked token in use, once and not once a request', async () => {
    const { alice, accessToken, subject, sessionId, tokenId } = await signedIn();
    await people().update({ id: alice.id }, { status: 'disabled' });
    told();
    for (const path of ['whoami', 'passport', 'whoami', 'admin']) await app.get(path, accessToken);
    const of = { subject, sessionId, tokenId };
    expect(told()).toEqual([{ type: 'token_refused', code: 'account_disabled', ...of }]);
    await app.revocation.revokeSession(sessionId);
    await people().update({ id: alice.id }, { status: 'active' });
    told();
    for (const path of ['whoami', 'whoami']) await app.get(path, accessToken);
    expect(told()).toEqual([{ type: 'token_refused', code: 'session_ended', ...of }]);
  });

  it('nothing of tokens that are not genuine: anybody could fill the audit with them', async () => {
    const { accessToken } = await signedIn();
    told();
    for (const token of [undefined, 'x', 'a.b.c', `${accessToken.slice(0, -8)}AAAAAAAA`]) {
      await app.get('whoami', token);
      await app.get('passport', token);
    }
    expect(told()).toEqual([]);
  });

  it('other roles than at issue, once for each token and change', async () => {
    const { alice, id, subject, accessToken } = await signedIn({ roles: ['user'] });
    const other = await app.auth.signIn(alice);
    const ask = async () => {
      for (const token of [accessToken, accessToken, other.accessToken]) await app.whoami(token);
    };
    told();
    await ask();
    expect(told()).toEqual([]);

    await people().update({ id: alice.id }, { roles: ['user', 'admin'] });
    await ask();
    await ask();
    const granted = { userId: id, subject, before: ['user'], after: ['user', 'admin'] };
    expect(told()).toEqual([
      { type: 'roles_changed', ...granted },
      { type: 'roles_changed', ...granted },
    ]);

    await people().update({ id: alice.id }, { roles: [] });
    await ask();
    const taken = { ...granted, after: [] };
    expect(told()).toEqual([
      { type: 'roles_changed', ...taken },
      { type: 'roles_changed', ...taken },
    ]);
  });

  const by = { actor: 'admin-1', reason: 'lost laptop' };
  const issuedBefore = new Date(Date.now() - 60_000);

  it('each revocation, with its target, user, actor and reason', async () => {
    const { alice, id, accessToken, sessionId, tokenId } = await signedIn();
    told();
    await app.revocation.revokeToken(accessToken, by);
    await app.revocation.revokeToken({ jti: 'by-its-id' }, by);
    await app.revocation.revokeSession(sessionId, { ...by, userId: id });
    await app.revocation.revokeUser(alice.id, by);
    await app.revocation.revokeUser(alice.id, { ...by, issuedBefore });
    await app.revocation.revokeAll(by);
    await app.revocation.revokeAll({ ...by, issuedBefore });
    await app.revocation.replaceSubject(alice.id, by);
    expect(told()).toEqual([
      { type: 'token_revoked', tokenId, subject: alice.subject, ...by },
      { type: 'token_revoked', tokenId: 'by-its-id', ...by },
      { type: 'session_revoked', sessionId, userId: id, ...by },
      { type: 'user_revoked', userId: id, ...by },
      { type: 'user_revoked', userId: id, issuedBefore, ...by },
      { type: 'all_revoked', ...by },
      { type: 'all_revoked', issuedBefore, ...by },
      { type: 'subject_replaced', userId: id, ...by },
    ]);
  });

  it('nothing of a revocation that was not carried out', async () => {
    await expect(app.revocation.revokeUser(999_999, by)).rejects.toMatchObject({
      code: 'unknown_user',
    });
    await expect(app.revocation.revokeSession('')).rejects.toThrow();
    await expect(app.revocation.revokeToken('a.b.c')).rejects.toThrow();
    await app.dataSource.query('ALTER TABLE auth_revocation RENAME TO away');
    await expect(app.revocation.revokeSession('s', by)).rejects.toMatchObject({
      code: 'auth_unavailable',
    });
    await app.dataSource.query('ALTER TABLE away RENAME TO auth_revocation');
    expect(told()).toEqual([]);
  });

  it('the ids are those of the verified token', async () => {
    const { accessToken, tokenId } = await signedIn();
    expect(claimsOf(accessToken)['jti']).toBe(tokenId);
  });
});

const fail = () => {
  throw new Error('the audit table is full');
};

describe('a subscriber that fails', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  beforeEach(() => {
    unhandled.length = 0;
    config.onUnhandledError = note;
    process.on('unhandledRejection', note);
  });
  afterEach(() => {
    config.onUnhandledError = null;
    process.off('unhandledRejection', note);
  });

  it.each([
    ['throws', (events: AuthEvents) => events.stream.subscribe(fail)],
    ['throws as an observer', (events: AuthEvents) => events.stream.subscribe({ next: fail })],
    [
      'rejects',
      (events: AuthEvents) =>
        events.stream.subscribe(async () => Promise.reject(new Error('full'))),
    ],
    [
      'throws behind operators',
      (events: AuthEvents) =>
        events.stream
          .pipe(
            filter(() => true),
            map((event) => event.type),
          )
          .subscribe(fail),
    ],
    ['throws in an operator', (events: AuthEvents) => events.stream.pipe(map(fail)).subscribe()],
    [
      'throws in its error handler',
      (events: AuthEvents) => events.stream.pipe(map(fail)).subscribe({ error: fail }),
    ],
  ])('%s: the request and the other subscribers do not notice', async (_, subscribe) => {
    const events = app.app.get(AuthEvents);
    const seen: string[] = [];
    const failing = subscribe(events);
    const after = events.stream.subscribe(({ type }) => seen.push(type));
    const { accessToken } = await signedIn();
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    await signedIn();
    // What RxJS and Node report as unhandled, they report in a later turn.
    await new Promise((resolve) => setTimeout(resolve));
    failing.unsubscribe();
    after.unsubscribe();
    const twice = ['signed_in', 'token_issued', 'signed_in', 'token_issued'];
    expect(told().map(({ type }) => type)).toEqual(twice);
    expect(seen).toEqual(twice);
    expect(unhandled).toEqual([]);
  });

  it('a subscriber that unsubscribed gets nothing more, and is not kept', async () => {
    const events = app.app.get(AuthEvents);
    const seen: string[] = [];
    const direct = events.stream.subscribe(({ type }) => seen.push(type));
    const piped = events.stream.pipe(map(({ type }) => type)).subscribe((type) => seen.push(type));
    direct.unsubscribe();
    piped.unsubscribe();
    await signedIn();
    expect(seen).toEqual([]);
    expect(Reflect.get(Reflect.get(events, 'subject'), 'observers')).toHaveLength(1);
  });
});

describe('the end', () => {
  it('completes the stream', async () => {
    const other = await startAuthApp();
    const ended: string[] = [];
    const { stream } = other.app.get(AuthEvents);
    stream.subscribe({ complete: () => ended.push('direct') });
    stream.pipe(map(String)).subscribe({ complete: () => ended.push('piped') });
    await other.close();
    expect(ended).toEqual(['direct', 'piped']);
  });
});
