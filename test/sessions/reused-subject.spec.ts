/** A session is its user's, whatever becomes of the subject it was made for. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountStatus, session } from 'nestjs-revocable-jwt';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { codeOf, type SessionApp, startSessionApp } from './support/session-app.js';

describeOnDatabases((kind) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startSessionApp({
      kind,
      user: { subject: 'subject', createdAt: false },
      auth: { policies: [accountStatus(), session()] },
    });
  });
  afterAll(() => app.close());

  it('is not refreshed for another account that was given the subject', async () => {
    const { person, pair } = await app.newcomer();
    const people = app.dataSource.getRepository(Person);
    await people.update({ id: person.id }, { subject: 'given away' });
    const other = await app.addPerson({ subject: person.subject });
    expect(await codeOf(app.sessions.refresh(pair.refreshToken))).toBe('account_deleted');
    expect(await app.sessions.list(other.id)).toEqual([]);
  });
});
