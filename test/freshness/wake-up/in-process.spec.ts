/** Modules of one process that share a database tell each other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { InProcessWakeUp } from '../../../lib/freshness/wake-up/in-process.wake-up.js';
import { createTestDatabase, type TestDatabase } from '../../support/databases.js';

let database: TestDatabase;
let other: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase('sqlite');
  other = await createTestDatabase('sqlite');
});
afterAll(() => Promise.all([database.drop(), other.drop()]));

async function listen(dataSource: DataSource) {
  const wakeUp = new InProcessWakeUp(dataSource);
  const listener = { wakeUp, hints: 0 };
  await wakeUp.start(() => listener.hints++);
  return listener;
}

it('reaches every DataSource of one file, none of another file, and none after stop()', async () => {
  const one = await listen(await database.connect());
  const same = await listen(await database.connect());
  const another = await listen(await other.connect());
  const hints = () => [one.hints, same.hints, another.hints];

  for (let index = 0; index < 1_000; index++) one.wakeUp.hint();
  await new Promise(setImmediate);
  expect(hints()).toEqual([1, 1, 0]);
  expect(another.wakeUp.lastHintAt).toBeUndefined();
  expect(Math.abs((one.wakeUp.lastHintAt ?? 0) - Date.now())).toBeLessThan(60_000);

  await same.wakeUp.stop();
  one.wakeUp.hint();
  await new Promise(setImmediate);
  expect(hints()).toEqual([2, 1, 0]);
  // Nothing is heard any more, not even in vain.
  const untold = await listen(await database.connect());
  await untold.wakeUp.stop();
  one.wakeUp.hint();
  expect(untold.wakeUp.lastHintAt).toBeUndefined();
  await Promise.all([one, another].map(({ wakeUp }) => wakeUp.stop()));
});
