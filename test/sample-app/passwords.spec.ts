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

it('without an account it works as hard, and says no', async () => {
  const cost = { known: 0, unknown: 0 };
  for (let round = 0; round < 5; round++) {
    let start = performance.now();
    await passwords.verify('a wrong password', hash);
    cost.known += performance.now() - start;
    start = performance.now();
    expect(await passwords.verify('a wrong password', undefined)).toBe(false);
    cost.unknown += performance.now() - start;
  }
  // Without the work it would be a hundredth.
  expect(cost.unknown).toBeGreaterThan(cost.known / 4);
});
