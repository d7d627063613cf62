/** A process whose clock is ahead revokes a token that has expired by its own clock alone. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';

afterEach(() => {
  vi.useRealTimers();
});

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({ kind });
  });
  afterAll(() => app.close());

  it('and the processes whose clocks are right refuse it', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    expect(await app.whoami(accessToken)).toMatchObject({ body: { code: 'token_expired' } });
    await app.revocation.revokeToken(accessToken);

    vi.useRealTimers();
    expect(await app.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'token_revoked' },
    });
  });
});
