/** Events of what joins the caller's transaction come once it is committed, and never if it is not. */
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';

class Undone extends Error {}
const undo = () => {
  throw new Undone('undone');
};

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({ kind });
  });
  afterAll(() => app.close());
  beforeEach(() => void app.events.splice(0));

  const revoke = (sessionId: string, manager?: EntityManager) =>
    app.revocation.revokeSession(sessionId, manager === undefined ? {} : { manager });
  const told = () =>
    app.events.splice(0).flatMap((event) => ('sessionId' in event ? (event.sessionId ?? []) : []));
  const stored = async (): Promise<string[]> => {
    const rows: { ref: string }[] = await app.dataSource.query(
      "SELECT ref FROM auth_revocation WHERE kind = 'session'",
    );
    await app.dataSource.query('DELETE FROM auth_revocation');
    return rows.map(({ ref }) => ref).toSorted();
  };
  /** Runs the story; the events at its end match what was stored. */
  const tells = async (
    story: (manager: EntityManager) => Promise<unknown>,
    expected: readonly string[],
  ) => {
    await app.dataSource.transaction(story).catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
    expect(told()).toEqual(expected);
    expect(await stored()).toEqual([...expected].toSorted());
  };

  it('without a transaction: as soon as it resolves', async () => {
    await revoke('alone');
    expect(told()).toEqual(['alone']);
    expect(await stored()).toEqual(['alone']);
  });

  it('in a transaction: after the commit and not before', async () => {
    await tells(
      async (manager) => {
        await revoke('one', manager);
        await revoke('two', manager);
        expect(told()).toEqual([]);
      },
      ['one', 'two'],
    );
  });

  it('rolled back: never', async () => {
    await tells(async (manager) => {
      await revoke('one', manager);
      undo();
    }, []);
  });

  it('an inner savepoint rolled back, the outer transaction committed', async () => {
    await tells(
      async (manager) => {
        await revoke('before', manager);
        await manager
          .transaction(async (inner) => {
            await revoke('inner', inner);
            undo();
          })
          .catch(() => undefined);
        await revoke('after', manager);
        expect(told()).toEqual([]);
      },
      ['before', 'after'],
    );
  });

  it('an inner savepoint released, the outer transaction rolled back', async () => {
    await tells(async (manager) => {
      await manager.transaction((inner) => revoke('inner', inner));
      expect(told()).toEqual([]);
      undo();
    }, []);
  });

  it('an inner savepoint released, one around it rolled back, the outermost committed', async () => {
    await tells(
      async (manager) => {
        await manager
          .transaction(async (middle) => {
            await middle.transaction((inner) => revoke('innermost', inner));
            await revoke('middle', middle);
            undo();
          })
          .catch(() => undefined);
        await manager.transaction((inner) => revoke('another', inner));
      },
      ['another'],
    );
  });

  it('both committed: in their order', async () => {
    await tells(
      async (manager) => {
        await revoke('outer', manager);
        await manager.transaction((inner) => revoke('inner', inner));
      },
      ['outer', 'inner'],
    );
  });

  it('a transaction that is opened by hand', async () => {
    const runner = app.dataSource.createQueryRunner();
    await runner.startTransaction();
    await revoke('by hand', runner.manager);
    expect(told()).toEqual([]);
    await runner.commitTransaction();
    expect(told()).toEqual(['by hand']);
    // The same runner again: nothing is left over from the first time.
    await runner.startTransaction();
    await revoke('undone', runner.manager);
    await runner.rollbackTransaction();
    await runner.startTransaction();
    await runner.commitTransaction();
    expect(told()).toEqual([]);
    await runner.release();
    expect(await stored()).toEqual(['by hand']);
  });

  it('a manager without a transaction: as soon as it resolves', async () => {
    await revoke('manager', app.dataSource.manager);
    expect(told()).toEqual(['manager']);
    expect(await stored()).toEqual(['manager']);
  });
});
