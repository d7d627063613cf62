import { beforeAll, expect, it } from 'vitest';
import { Passwords } from '../../sample-app/users/passwords.js';

const passwords = new Passwords();
let hash: string;
beforeAll(async () => {
  await passwords.onModuleInit();
  hash = await passwords.hash('correct horse');
});

it('hashes with Argon2id, as much work as OWASP asks for', () => {
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
});

it('knows the right password from a wrong one', async () => {
  expect(await passwords.verify('correct horse', hash)).toBe(true);
  expect(await passwords.verify('Correct horse', hash)).toBe(false);
});

/** What this process took of the processor since then, in microseconds. */
function processorTime(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

it('without an account it works as hard, and says no', async () => {
  const cost = { known: 0, unknown: 0 };
  for (let round = 0; round < 5; round++) {
    let before = process.cpuUsage();
    await passwords.verify('a wrong password', hash);
    cost.known += processorTime(before);
    before = process.cpuUsage();
    expect(await passwords.verify('a wrong password', undefined)).toBe(false);
    cost.unknown += processorTime(before);
  }
  // Without the work it would be a hundredth.
  expect(cost.unknown).toBeGreaterThan(cost.known / 4);
});
