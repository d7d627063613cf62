import { vi } from 'vitest';

/** Hashing is slow on purpose, and most of what these specs would wait for. How slow: `passwords.spec.ts`. */
vi.mock('argon2', async (importOriginal) => {
  const { default: argon2 } = await importOriginal<{ default: typeof import('argon2') }>();
  const hash = (password: string, options: object): Promise<string> =>
    argon2.hash(password, { ...options, memoryCost: 64 });
  return { default: { ...argon2, hash } };
});
