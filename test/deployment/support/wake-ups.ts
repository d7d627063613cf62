import { expect } from 'vitest';
import type { Member } from './deployment.js';

/** What a process says of its own freshness. */
export async function healthOf({ running }: Member): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await running.nobody.get('/health/ready');
  return Object(Object(body['details']).auth);
}

/** When each was last woken up over the channel, in milliseconds; 0: never. */
export function lastWakeUps(members: readonly Member[]): Promise<readonly number[]> {
  return Promise.all(
    members.map(async (member) => {
      const { lastWakeUpAt } = await healthOf(member);
      return lastWakeUpAt === undefined ? 0 : new Date(String(lastWakeUpAt)).getTime();
    }),
  );
}

/** Waits until every one of them has heard something since: it gets through to those that it is about. */
export async function expectWokenSince(
  members: readonly Member[],
  before: readonly number[],
): Promise<void> {
  const heard = async () =>
    (await lastWakeUps(members)).map((at, index) => at > (before[index] ?? Infinity));
  await expect
    .poll(heard, { timeout: 20_000, message: 'who was woken up' })
    .toEqual(members.map(() => true));
}
