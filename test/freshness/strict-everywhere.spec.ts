/** Strict processes that ask the others leave a row; it goes when they have been dead for long. */
import { expect, it } from 'vitest';
import { startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';

describeOnDatabases((kind) => {
  it('whoever asks takes away those who died', async () => {
    const app = await startAuthApp({ kind });
    await app.dataSource.query(
      "INSERT INTO auth_process (id, realm, max_staleness, complete_as_of, asked_at) VALUES ('dead', 'jwt', 0, 1, 1)",
    );
    await app.revocation.everywhere();
    const dead = () => app.dataSource.query("SELECT id FROM auth_process WHERE id = 'dead'");
    await expect.poll(dead, { timeout: 5_000 }).toEqual([]);
    await app.close();
  });
});
