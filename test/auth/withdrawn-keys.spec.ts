/** The list of withdrawn keys in the deployment's row: who writes it, and who reads it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decide } from '../../lib/decision/decide.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { stateWith, tokenOn } from '../decision/fixtures.js';
import { type LogProcess, logProcess } from '../log/support/log-process.js';

const withdraw = (by: LogProcess | undefined) => (kid: string) =>
  by?.database.transact(() => by.log.withdrawKey(kid));

describeOnDatabases((kind) => {
  let test: TestDatabase;
  const processes: LogProcess[] = [];
  beforeAll(async () => {
    test = await createTestDatabase(kind);
    processes.push(await logProcess(test, { synchronize: true }), await logProcess(test));
  });
  afterAll(async () => {
    for (const { database, source } of processes) {
      await database.close();
      await source.destroy();
    }
    await test.drop();
  });

  const withdrawn = async () => {
    const page = await processes[0]?.stored.read(0);
    return [...(page?.deployment.withdrawnKeys ?? [])].sort();
  };

  it('none is withdrawn at first', async () => {
    expect(await withdrawn()).toEqual([]);
  });

  it('many are withdrawn at once by two processes, and none is lost', async () => {
    const kids = Array.from({ length: 12 }, (_, index) => `kid "${index}" é`);
    const [first, second] = processes;
    await Promise.all([
      ...kids.slice(0, 6).map(withdraw(first)),
      ...kids.slice(6).map(withdraw(second)),
    ]);
    expect(await withdrawn()).toEqual([...kids].sort());
  });

  it('an unreadable list makes the read fail', async () => {
    const source = processes[0]?.source;
    for (const text of ['["half', '{}', '[1]', '']) {
      await source?.query(`UPDATE auth_state SET withdrawn_keys = '${text}'`);
      await expect(withdrawn(), text).rejects.toThrow();
    }
    await source?.query('UPDATE auth_state SET withdrawn_keys = NULL');
    expect(await withdrawn()).toEqual([]);
  });
});

it('a token of a withdrawn key is refused, and no other', () => {
  const state = stateWith({ deployment: { withdrawnKeys: new Set(['old']) } });
  const claims = tokenOn(state);
  expect(decide([], { ...claims, kid: 'old' }, state)).toMatchObject({ code: 'token_revoked' });
  expect(decide([], { ...claims, kid: 'new' }, state)).toMatchObject({ subject: 'alice' });
  expect(decide([], claims, state)).toMatchObject({ subject: 'alice' });
});
