/** What strict freshness asks the database: less for each request, the more of them wait at a moment. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Authenticator } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { statementsDuring } from './support/counters.js';

const EACH = 20;

describeOnDatabases((kind) => {
  let app: AuthApp;
  const tokens: string[] = [];
  beforeAll(async () => {
    app = await startAuthApp({ kind });
    for (let user = 0; user < 8; user++) {
      // oxlint-disable-next-line no-await-in-loop
      const person = await app.addPerson({ email: randomUUID() });
      // oxlint-disable-next-line no-await-in-loop
      tokens.push((await app.auth.signIn(person)).accessToken);
    }
  });
  afterAll(() => app.close());

  /** So many clients, each with its next request as soon as it has the answer to the last one. */
  const statementsEach = async (clients: number) => {
    const authenticator = app.app.get(Authenticator);
    const client = async (_none: unknown, index: number) => {
      const headers = { authorization: `Bearer ${tokens[index % tokens.length]}` };
      // oxlint-disable-next-line no-await-in-loop
      for (let asked = 0; asked < EACH; asked++) await authenticator.authenticate({ headers });
    };
    const all = () => Promise.all(Array.from({ length: clients }, client));
    return (await statementsDuring(kind, all)) / (clients * EACH);
  };

  it('one statement for a request that is alone', async () => {
    expect(await statementsEach(1)).toBe(1);
  });

  it('a tenth of one at most for each of 64, and fewer the more there are', async () => {
    const each: number[] = [];
    // oxlint-disable-next-line no-await-in-loop
    for (const clients of [1, 8, 64, 256]) each.push(await statementsEach(clients));
    expect(each).toEqual([...new Set(each)].toSorted((a, b) => b - a));
    expect(each[2]).toBeLessThanOrEqual(0.1);
  });
});
