/** Hashing is slow on purpose, and most of what these specs would wait for. How slow: `passwords.spec.ts`. */
import argon2 from 'argon2';

const PLAIN = Symbol.for('argon2.hash');

// Specs of one process share the module.
if (!(PLAIN in argon2)) {
  const { hash } = argon2;
  Object.assign(argon2, {
    [PLAIN]: hash,
    hash: (password: string, options: object) => hash(password, { ...options, memoryCost: 64 }),
  });
}
