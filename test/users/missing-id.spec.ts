/** TypeORM 0.3 takes `findOneBy({ id: undefined })` for a question without conditions, and gives the first row. */
import { EntityManager } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { Person } from '../support/person.entity.js';

let app: AuthApp;
let first: Person;
let token: string;
beforeAll(async () => {
  app = await startAuthApp({ user: { subject: 'subject' }, auth: { sessions: {} } });
  first = await app.addPerson();
  ({ accessToken: token } = await app.auth.signIn(first));
});
afterAll(() => app.close());
afterEach(() => vi.restoreAllMocks());

const MISSING: readonly unknown[] = [undefined, null, '', Number.NaN, {}, []];

/** What the errors say, lest a TypeError passes for one. */
const REFUSED = /is missing|give a text|does not exist/i;

describe.each(MISSING)('an id that is %j', (id) => {
  // As untyped code gives it.
  const { text }: { text: string } = JSON.parse('{}', () => ({ text: id }));
  it.each<[string, () => Promise<unknown>]>([
    ['revokeUser', () => app.revocation.revokeUser(text)],
    ['revokeUser, for a time', () => app.revocation.revokeUser(text, { issuedBefore: new Date() })],
    ['replaceSubject', () => app.revocation.replaceSubject(text)],
    ['sessions.list', () => app.sessions.list(text)],
    ['sessions.endAll', () => app.sessions.endAll(text)],
    ['revokeSession', () => app.revocation.revokeSession(text)],
    ['signIn', () => app.auth.signIn({ ...first, id: text, subject: text })],
  ])('%s refuses it, and the first account is as before', async (_, call) => {
    const before = await app.dataSource.getRepository(Person).findOneByOrFail({ id: first.id });
    await expect((async () => call())()).rejects.toThrow(REFUSED);
    const after = await app.dataSource.getRepository(Person).findOneByOrFail({ id: first.id });
    expect(after).toEqual(before);
    expect(await app.whoami(token)).toMatchObject({ status: 200 });
  });
});

const isFinder = (name: string): name is 'findOneBy' =>
  /^(find|count|exist|createQueryBuilder)/.test(name);

it('no entity is looked for through TypeORM', async () => {
  const finders = Object.getOwnPropertyNames(EntityManager.prototype).filter(isFinder);
  expect(finders).toContain('findOneBy');
  const alice = await app.addPerson();
  const asked = finders.map((name) => vi.spyOn(EntityManager.prototype, name));
  const { accessToken, refreshToken = '' } = await app.auth.signIn(alice);
  await app.whoami(accessToken);
  await app.sessions.refresh(refreshToken);
  await app.sessions.list(alice.id);
  await app.revocation.revokeUser(alice.id);
  await app.dataSource.transaction((manager) =>
    app.revocation.replaceSubject(alice.id, { manager }),
  );
  expect(await app.whoami(accessToken)).toMatchObject({ status: 401 });
  for (const spy of asked) expect(spy).not.toHaveBeenCalled();
});
