/** What a transaction of the application has revoked, and not committed yet, keeps nobody waiting. */
import { accountStatus, denylist, issuedAfter, session } from 'nestjs-revocable-jwt';
import { expect, it } from 'vitest';
import { startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';

describeOnDatabases(
  (kind) => {
    it('everything can be revoked while a transaction that revoked a token is open', async () => {
      const policies = [accountStatus(), denylist(), session(), issuedAfter()];
      const app = await startAuthApp({ kind, auth: { policies } });
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const runner = app.dataSource.createQueryRunner();
      await runner.startTransaction();
      await app.revocation.revokeToken(accessToken, { manager: runner.manager });
      await app.revocation.revokeAll();
      await runner.commitTransaction();
      await runner.release();
      expect((await app.whoami(accessToken)).status).toBe(401);
      await app.close();
    });
  },
  ['postgres', 'mariadb'],
);
