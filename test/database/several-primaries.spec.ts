import { describe, expect, it } from 'vitest';
import { adapterOf } from '../../lib/database/adapters.js';
import { remedyFor } from '../../lib/database/mysql/server-checks.js';
import { openAuthDatabase } from '../support/open-database.js';
import { createTestDatabase, describeOnDatabases } from '../support/databases.js';

describe('a server with several primaries', () => {
  it.each([
    [{}, undefined],
    [{ wsrep_on: 'OFF', wsrep_sync_wait: '0' }, undefined],
    [{ wsrep_on: 'ON', wsrep_sync_wait: '0' }, /wsrep_sync_wait = 1/],
    [{ wsrep_on: 'ON', wsrep_sync_wait: '6' }, /wsrep_sync_wait = 1/],
    [{ wsrep_on: 'ON', wsrep_sync_wait: '7' }, undefined],
    [{ group_replication_single_primary_mode: 'ON' }, undefined],
    [{ group_replication_single_primary_mode: 'OFF' }, /'BEFORE'/],
    [
      { group_replication_single_primary_mode: 'OFF', group_replication_consistency: 'EVENTUAL' },
      /'BEFORE'/,
    ],
    [
      { group_replication_single_primary_mode: 'OFF', group_replication_consistency: 'AFTER' },
      undefined,
    ],
  ])('with %j', (settings, remedy) => {
    const found = remedyFor(new Map(Object.entries(settings)));
    if (remedy === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(remedy);
  });

  describeOnDatabases((kind) => {
    it('a single server is accepted', async () => {
      const database = await createTestDatabase(kind);
      const dataSource = await database.connect();
      const checked = adapterOf(dataSource).refuseStalePrimaries?.(openAuthDatabase(dataSource));
      await expect(Promise.resolve(checked)).resolves.toBeUndefined();
      await database.drop();
    });
  });
});
