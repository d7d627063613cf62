import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import argon2 from 'argon2';

/** OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, two passes, one lane. */
const ARGON2ID = {
  type: argon2.argon2id,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const;

/** Hashes and verifies passwords. */
@Injectable()
export class Passwords implements OnModuleInit {
  private dummy = '';

  async onModuleInit(): Promise<void> {
    this.dummy = await this.hash(randomBytes(16).toString('hex'));
  }

  hash(password: string): Promise<string> {
    return argon2.hash(password, ARGON2ID);
  }

  /** Whether the password is right. Without a hash it does the same work, and returns false. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const matches = await argon2.verify(hash ?? this.dummy, password);
    return matches && hash !== undefined;
  }
}
